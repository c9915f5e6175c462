import pandas as pd
import streamlit as st
from streamlit_folium import st_folium

from lcviz.figures import world_map
from lcviz.figures.flat_map import flat_map
from lcviz.figures.map_colours import ColourBy, colour_scenes, legend
from lcviz.study import Study
from lcviz.study.scene_table import (
    default_scene,
    filter_scenes,
    groups_present,
    scene_label,
    scene_table,
    shown_sentence,
)
from lcviz.taxonomy import EXPERIMENTS
from lcviz.ui.charts import offer_figure
from lcviz.ui.choices import choose, choose_many, current_choice, pick
from lcviz.ui.pictures import show_map_legend
from lcviz.ui.states import artefact_states, as_markdown
from lcviz.ui.studies import open_study
from lcviz.ui.world_map.data import scene_footprints
from lcviz.ui.world_map.scene import show_scene

MAP_KEY = "world-map"
COLOURS = {"accuracy": "Accuracy", "continent": "Continent", "season": "Season"}
FILTERS = ("continent", "season", "split")


def model_name(experiment: str) -> str:
    return EXPERIMENTS[experiment][1]


def open_clicked_scene() -> None:
    drawing = (st.session_state[MAP_KEY] or {}).get("last_active_drawing") or {}
    scene_id = drawing.get("properties", {}).get("scene_id")
    if scene_id:
        pick("scene", scene_id)
        pick("patch", None)


def show_filters(table: pd.DataFrame) -> dict[str, list[str]]:
    with st.popover("Filter", icon=":material/filter_alt:"):
        return {
            name: choose_many(
                st.pills, name.capitalize(), groups, name=name, selection_mode="multi"
            )
            for name in FILTERS
            if (groups := groups_present(table, name))
        }


def show_chips(chosen: dict[str, list[str]]) -> None:
    if not any(chosen.values()):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for name, groups in chosen.items():
            for group in groups:
                st.button(
                    group.capitalize() if name == "split" else group,
                    icon=":material/close:",
                    key=f"chip-{name}-{group}",
                    help=f"Take the filter {group} away",
                    on_click=pick,
                    args=(name, [other for other in groups if other != group]),
                )
        st.button("Clear", key="clear-filters", type="tertiary", on_click=clear_filters)


def clear_filters() -> None:
    for name in FILTERS:
        pick(name, None)


def show_map(
    study: Study,
    shown: pd.DataFrame,
    scenes: int,
    colour: ColourBy,
    scene: pd.Series | None,
    patch_id: str | None,
    model: str | None,
) -> None:
    dark = st.context.theme.type == "dark"
    if scenes and shown.empty:
        with st.container(key="map-empty", horizontal_alignment="center"):
            st.markdown("No scene is left by these filters.", text_alignment="center")
            st.button("Clear the filters", key="clear-on-map", on_click=clear_filters)
    footprints = None
    if scene is not None:
        with artefact_states():
            footprints = scene_footprints(study, scene.scene_id)
    coloured = colour_scenes(shown, colour)
    st_folium(
        world_map.world_map(coloured, dark=dark),
        key=MAP_KEY,
        height=440,
        use_container_width=True,
        returned_objects=["last_active_drawing"],
        feature_group_to_add=world_map.open_scene(scene, footprints, patch_id, dark=dark),
        on_change=open_clicked_scene,
    )
    show_map_legend(legend(coloured), scale=colour == "accuracy")
    said = shown_sentence(shown, scenes)
    st.caption(said)
    trained = f" Model trained on {model}." if model and colour == "accuracy" else ""
    offer_figure(
        lambda: flat_map(coloured, colour),
        f"world-map-{colour}",
        f"Scenes, coloured by {colour}.{trained} {said}",
        "world-map",
    )


def choose_scene(table: pd.DataFrame, shown: pd.DataFrame) -> pd.Series | None:
    labels = {row.scene_id: scene_label(row) for row in table.itertuples()}
    default = default_scene(table, shown)
    if default is None:
        return None
    current = current_choice("scene", list(labels), default)
    pick("scene", current)  # another model would have another default
    offered = {current, *shown.scene_id}
    choose(
        st.selectbox,
        "Scene",
        [scene for scene in labels if scene in offered],
        name="scene",
        default=default,
        resets=("patch",),
        format_func=labels.get,
    )
    return table.set_index("scene_id", drop=False).loc[current]


@st.fragment
def explore(study: Study) -> None:
    with artefact_states():
        scenes, experiments = study.scenes(), study.experiments()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            colour = choose(
                st.segmented_control,
                "Colour by",
                list(COLOURS) if experiments else [c for c in COLOURS if c != "accuracy"],
                name="colour",
                format_func=COLOURS.get,
                required=True,
            )
            experiment = None
            if experiments:
                experiment = choose(
                    st.selectbox,
                    "Model trained on",
                    experiments,
                    name="model",
                    format_func=model_name,
                    width=170,
                )
            filters = st.container(width="content")
        card = results = None
        if experiment is not None:
            with artefact_states():
                card = study.model(experiment)
            with artefact_states():
                results = study.results()
        elif not study.is_published:
            st.caption(
                as_markdown(f"This study has no trained model. {study.how_to_make('train')}")
            )
        table = scene_table(scenes, card, results)
        with filters:
            chosen = show_filters(table)
        show_chips(chosen)
        shown = filter_scenes(table, **{f"{name}s": groups for name, groups in chosen.items()})
        left, right = st.columns([9, 10], gap="medium")
        patch_id = None
        with right:
            scene = choose_scene(table, shown)
            if scene is not None:
                patch_id = show_scene(study, scene, card)
        with left, st.container(key="map-column"):
            show_map(study, shown, len(table), colour, scene, patch_id, card and card.train_group)


st.title("World map", anchor=False)
study = open_study()
st.caption(
    "Every scene of the study"
    + ("" if study.is_published else ", coloured by how far a model's map agrees with MODIS there")
    + ". Click one to look at it."
)
explore(study)
