from streamlit.testing.v1 import AppTest


def store_what_the_browser_sent() -> None:
    import streamlit as st  # noqa: PLC0415 - runs by itself

    from lcviz.ui.choices import _store  # noqa: PLC0415

    for sent in ("continent-asia", "7. Asia"):  # the second is a label of an earlier run
        st.session_state["choice-model"] = sent
        _store("model", ["continent-asia", "continent-europe"])
    st.text(st.query_params["model"])


def say_the_area() -> None:
    import streamlit as st  # noqa: PLC0415 - runs by itself

    from lcviz.ui.choices import kept_choice  # noqa: PLC0415

    st.text(kept_choice("area"))


def test_a_label_is_never_kept_in_place_of_its_option():
    assert (
        AppTest.from_function(store_what_the_browser_sent).run().text[0].value == "continent-asia"
    )


def test_what_was_typed_freely_is_remembered_when_the_url_is_emptied():
    app = AppTest.from_function(say_the_area)
    app.query_params["area"] = "1,2,3,4"
    app.run()
    del app.query_params["area"]
    app.run()
    assert app.text[0].value == "1,2,3,4"
    assert app.query_params["area"] in ("1,2,3,4", ["1,2,3,4"])
