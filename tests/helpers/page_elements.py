"""What a page of the app says, as text."""

from streamlit.testing.v1 import AppTest


def text(app: AppTest) -> str:
    """What it says and tells, but for tables and figures."""
    main = app.main
    elements = (*main.markdown, *main.caption, *main.info, *main.error)
    return " ".join(element.value for element in elements)


def told(app: AppTest) -> str:
    """Its boxes of what is missing, broken, or to be known; empty without any."""
    main = app.main
    elements = (*main.info, *main.error, *main.warning, *main.success)
    return " ".join(element.value.replace("\\", "") for element in elements)


def html(app: AppTest) -> str:
    """Its pictures and legends."""
    return " ".join(element.proto.body for element in app.get("html"))


def done(app: AppTest) -> AppTest:
    """Look again until the work is done; in a browser the page does so by itself."""
    for _ in range(80):
        if not app.get("progress"):
            return app
        app.run()
    raise AssertionError("the work does not end")


def predict_button(app: AppTest):
    return next(b for b in app.button if b.label.startswith("Predict with"))
