from lcviz.figures.style import GRID, TRANSPARENT, plain


def test_a_figure_looks_as_all_do_but_for_what_it_says_itself():
    bars = dict(type="bar", x=[1, 2], y=[3, 4])
    figure = plain([bars], height=90, xaxis=dict(fixedrange=False), yaxis2=dict(gridcolor="red"))
    layout, common = figure.layout, figure.layout.template
    assert layout.paper_bgcolor == layout.plot_bgcolor == TRANSPARENT and layout.height == 90
    assert (layout.xaxis.gridcolor, layout.yaxis2.gridcolor) == (GRID, "red")
    assert layout.xaxis.fixedrange is False and common.layout.xaxis.fixedrange is True
    assert common.data.bar[0].showlegend is False and common.layout.annotationdefaults
