"""Captions as they go with a saved file."""

from lcviz.ui.charts import without_markdown


def test_a_caption_loses_its_marks_and_keeps_its_words():
    said = ":material/science: **Table 4**: see [the paper](https://arxiv.org/abs/1), n\\_1 = `2`"
    assert without_markdown(said) == "Table 4: see the paper, n_1 = 2"
    assert without_markdown("P(a | b) is 5 * 3") == "P(a | b) is 5 * 3"
