"""What a person picks, kept in the URL.

The URL is the one truth: a widget shows what it says and writes what a person picks into it, so
that every view can be shared. The session only remembers the picks across pages, since moving to
another page empties the URL.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

_MEMORY = "choices"


def current_choice(name: str, options: Sequence[str], default: str) -> str:
    """The picked option: that of the URL, else the remembered one, else `default`.

    An option that does not exist is taken out of the URL, with a short notice.
    """
    asked = st.query_params.get(name)
    if asked is not None and asked in options:
        _memory()[name] = asked
        return asked
    if asked is not None:
        _tell_unknown(name, asked)
        del st.query_params[name]
    remembered = _memory().get(name)
    if remembered is None or remembered not in options:
        return default
    st.query_params[name] = remembered
    return remembered


def choose(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[str],
    *,
    name: str,
    default: str | None = None,
    resets: tuple[str, ...] = (),
    **settings: Any,
) -> str:
    """One of `options` through a widget of Streamlit, bound to the URL's `name`.

    Args:
        widget: `st.selectbox`, `st.segmented_control` or the like.
        label: the widget's label.
        options: what can be picked, as it stands in the URL; at least one.
        name: the URL's parameter.
        default: what is shown when nothing was picked; None for the first option.
        resets: other choices that a new pick makes void, as a scene does its patch.
        **settings: passed on to the widget.
    """
    value = current_choice(name, options, options[0] if default is None else default)
    st.session_state[_key(name)] = value
    stored = (name, tuple(options), resets)
    widget(label, options, key=_key(name), on_change=_store, args=stored, **settings)
    return value


def choose_many(
    widget: Callable[..., Any], label: str, options: Sequence[str], *, name: str, **settings: Any
) -> list[str]:
    """Any number of `options`, bound to the URL's `name`; none picked means all."""
    asked = st.query_params.get_all(name)
    chosen = [option for option in options if option in asked]
    if len(chosen) < len(asked):
        strange = next((value for value in asked if value not in options), asked[0])
        _tell_unknown(name, strange)
        pick(name, chosen)
    st.session_state[_key(name)] = chosen
    stored = (name, tuple(options))
    widget(label, options, key=_key(name), on_change=_store, args=stored, **settings)
    return chosen


def kept_choice(name: str) -> str | None:
    """What was picked freely, of no list: that of the URL, else the remembered one."""
    asked = st.query_params.get(name)
    if asked is None:
        asked = _memory().get(name)
        if asked:
            st.query_params[name] = asked
    else:
        _memory()[name] = asked
    return asked or None


def pick(name: str, value: str | list[str] | None) -> None:
    """Put a choice into the URL, as a click elsewhere than in its widget does."""
    _memory()[name] = value if isinstance(value, str) else None
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def on_pick(name: str, value: str) -> dict[str, Any]:
    """Settings that make a button pick `value`: `st.button("Next", **on_pick("patch", "31"))`."""
    handler: Callable[..., None] = pick
    return {"on_click": handler, "args": (name, value)}


def pressed(label: str, key: str, **settings: Any) -> bool:
    """A button, and whether it was pressed.

    A press is remembered until a run comes here: one that is cut short before does not lose it.
    """
    asked = f"pressed-{key}"
    st.button(label, key=key, on_click=_remember_press, args=(asked,), **settings)
    return bool(st.session_state.pop(asked, False))


def _remember_press(asked: str) -> None:
    st.session_state[asked] = True


def _store(name: str, options: Sequence[str], resets: tuple[str, ...] = ()) -> None:
    picked = st.session_state[_key(name)]
    # A select box whose labels have changed meanwhile gives back the label instead of the option.
    if isinstance(picked, str) and picked not in options:
        return
    pick(name, picked)
    for void in resets:
        pick(void, None)


def _key(name: str) -> str:
    return f"choice-{name}"


def _memory() -> dict[str, str | None]:
    return st.session_state.setdefault(_MEMORY, {})


def _tell_unknown(name: str, asked: str) -> None:
    shown = "".join(c for c in asked[:40] if c.isprintable() and c != "`")
    st.toast(f"There is no {name} `{shown}` here.", icon=":material/info:", duration="long")
