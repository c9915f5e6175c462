"""What is behind one cell of a train x test table: its scenes, the confusions, the class mix."""

from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from lcviz.figures.classes import class_mix_figure, confusion_figure
from lcviz.generalization import class_mix
from lcviz.metrics import N_CLASSES, Measure
from lcviz.taxonomy import CLASSES, experiment_name
from lcviz.ui.charts import show_downloads, show_figure
from lcviz.ui.choices import choose
from lcviz.ui.generalization.cell import pair_name

CONFUSION_TEXT = {"shares": "Share of the label", "counts": "Pixels"}
COSTLIEST = 8


def show_behind(
    rows: pd.DataFrame,
    home: pd.DataFrame,
    names: dict[str, str],
    axis: str,
    pair: tuple[str, str],
    measure: Measure,
) -> None:
    """Show what is behind a cell.

    Args:
        rows: of `generalization.score_scenes`, of the cell.
        home: likewise, of the same model at home.
        names: scene_id -> what people call it.
        axis: `continent` or `season`.
        pair: trained on, tested on.
        measure: what is measured.
    """
    st.subheader(f"Behind this cell: {_pair_words(pair)}", anchor=False)
    with st.container(key="scenes-of-cell"):
        _show_scenes(rows, names, axis, pair, measure)
    confusions = np.stack(list(rows.confusion))
    if confusions.any():
        _show_confusions(confusions, pair)
    if pair[0] != pair[1]:
        _show_class_mix(home, confusions, pair)


def _show_scenes(
    rows: pd.DataFrame,
    names: dict[str, str],
    axis: str,
    pair: tuple[str, str],
    measure: Measure,
) -> None:
    model, score = experiment_name(axis, pair[0]), measure.unit.label(measure.label)
    study = {"study": st.query_params["study"]} if "study" in st.query_params else {}
    table = pd.DataFrame(
        {
            "Scene": [names.get(scene, scene) for scene in rows.scene_id],
            score: measure.unit.scale * rows.value.to_numpy(),
            "Labelled pixels": rows.pixels.to_numpy(),
            "Classes counted": rows.classes.to_numpy(),
        }
    )
    links = [
        "world_map?" + urlencode(study | {"scene": scene, "model": model})
        for scene in rows.scene_id
    ]
    order = table[score].argsort(kind="stable")
    st.dataframe(
        table.assign(Map=links).iloc[order],
        hide_index=True,
        width="stretch",
        height=300 if len(table) > 7 else "content",
        column_order=["Scene", score, "Map", "Labelled pixels", "Classes counted"],
        column_config={
            score: st.column_config.NumberColumn(format=f"%.{measure.unit.decimals}f"),
            "Labelled pixels": st.column_config.NumberColumn(format="localized"),
            "Map": st.column_config.LinkColumn(
                display_text="World map", help="Open the scene on the world map"
            ),
        },
    )
    notes = []
    without = int(rows.value.isna().sum())
    if without:
        why = "no labelled pixel" if not rows.pixels[rows.value.isna()].any() else "no value"
        notes.append(f"{without} of {len(rows)} scenes with {why}: listed, not averaged.")
    counted = rows.classes[rows.value.notna()]
    if len(counted):
        few, many = counted.min(), counted.max()
        span = f"{few}" if few == many else f"{few} to {many}"
        notes.append(f"{span} of {len(CLASSES)} classes counted in a scene.")
    st.caption(" ".join(notes))
    show_downloads(
        table, pair_name("scenes", pair), f"{measure.label} by scene: {_pair_words(pair)}."
    )


def _show_confusions(confusions: npt.NDArray[np.int64], pair: tuple[str, str]) -> None:
    summed = confusions.sum(0)
    st.subheader("Which classes are confused", anchor=False)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        text = choose(
            st.segmented_control,
            "In the cells",
            list(CONFUSION_TEXT),
            name="confusion",
            format_func=CONFUSION_TEXT.get,
            required=True,
        )
        n = int(confusions.any((1, 2)).sum())
        name = pair_name("confusion", pair)
        with show_figure(
            confusion_figure(summed, "counts" if text == "counts" else "shares"),
            name,
            f"Summed over {n} {'scene' if n == 1 else 'scenes'}, n = {summed.sum():,} labelled "
            "pixels. Rows are MODIS labels, columns predictions; colour is the share of "
            "the row, shares are in %. Classes that occur in neither are left out.",
            key="figure-confusion",
        ):
            show_downloads(
                pd.DataFrame(summed, columns=list(CLASSES)).assign(label=CLASSES)[
                    ["label", *CLASSES]
                ],
                name,
                f"Confusion matrix, pixels, labels by rows: {_pair_words(pair)}.",
            )
    with right:
        st.markdown("**What costs most accuracy**")
        costly = class_mix.costly_confusions(confusions)
        st.dataframe(
            costly.head(COSTLIEST).assign(cost=lambda t: 100 * t.cost),
            hide_index=True,
            width="stretch",
            column_order=["cost", "label", "prediction"],
            column_config={
                "label": "Label",
                "prediction": "Taken for",
                "cost": st.column_config.NumberColumn("Points", format="%.1f", width=70),
            },
        )
        st.caption(
            "Points of overall accuracy, with each scene weighing the same, as in the table above. "
            f"All confusions together cost {100 * costly.cost.sum():.1f} points."
        )
        show_downloads(
            costly,
            pair_name("costly-confusions", pair),
            f"Confusions by cost: {_pair_words(pair)}.",
        )


def _show_class_mix(
    home: pd.DataFrame, confusions: npt.NDArray[np.int64], pair: tuple[str, str]
) -> None:
    trained, tested = pair
    st.subheader("Another mix of classes, or another appearance?", anchor=False)
    at_home = np.stack([*home.confusion, np.zeros((N_CLASSES, N_CLASSES), np.int64)])
    parts = class_mix.gap_parts(at_home, confusions)
    if parts is None:
        st.caption(
            "This needs labelled scenes at home that the model was not trained on, labelled scenes "
            "of the test group, and a class that both hold."
        )
        return
    st.markdown(class_mix.in_words(parts, trained, tested))
    name = pair_name("class-mix", pair)
    with show_figure(
        class_mix_figure(parts, f"{trained} (home)", tested),
        name,
        "Bars: share of the class among the labels. Diamonds: recall, the share of its pixels that "
        "the model gets right. Each scene weighs the same.",
        key="figure-class-mix",
    ):
        show_downloads(parts.classes.reset_index(), name, f"Class mix: {_pair_words(pair)}.")
    with st.expander("How this is computed"):
        st.markdown(class_mix.EXPLANATION)


def _pair_words(pair: tuple[str, str]) -> str:
    return f"trained on {pair[0]}, tested on {pair[1]}"
