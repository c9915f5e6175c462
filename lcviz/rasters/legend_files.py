"""What lies beside a class map so that GIS show its eight classes by name: two small files.

`.qml` is QGIS's style; `.aux.xml` is GDAL's, with names of categories and a raster attribute table,
which GDAL, QGIS and ArcGIS read. A TIFF itself always has a palette of 256 colours and no names.
"""

from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from lcviz.atomic import write_text
from lcviz.taxonomy import CLASS_COLOURS, CLASSES

# GDALRATFieldType and GDALRATFieldUsage of gdal.h.
_INTEGER, _TEXT = "0", "2"
_NAME, _VALUE, _RED, _GREEN, _BLUE = "2", "5", "6", "7", "8"
_FIELDS: Final = (
    ("Value", _INTEGER, _VALUE),
    ("Class", _TEXT, _NAME),
    ("Red", _INTEGER, _RED),
    ("Green", _INTEGER, _GREEN),
    ("Blue", _INTEGER, _BLUE),
)


def write_legend(class_map: Path) -> tuple[Path, ...]:
    """Write both files beside a class map, each whole or not at all.

    GDAL's, which tells of one file of pixels, is replaced. A style of QGIS that is there already
    may be a person's own: it is left.

    Returns:
        What was written.

    Raises:
        OSError: a file cannot be written.
    """
    table = class_map.with_name(f"{class_map.name}.aux.xml")
    write_text(table, attribute_table())
    style = class_map.with_suffix(".qml")
    if style.exists():
        return (table,)
    write_text(style, qgis_style())
    return table, style


def qgis_style() -> str:
    """The text of a `.qml`: eight colours with names, no data transparent."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology")
    renderer = ET.SubElement(
        ET.SubElement(root, "pipe"),
        "rasterrenderer",
        {"type": "paletted", "band": "1", "opacity": "1", "alphaBand": "-1", "nodataColor": ""},
    )
    palette = ET.SubElement(renderer, "colorPalette")
    for value, (name, colour) in enumerate(zip(CLASSES, CLASS_COLOURS, strict=True)):
        entry = {"value": str(value), "color": colour, "alpha": "255", "label": name}
        ET.SubElement(palette, "paletteEntry", entry)
    return _text(root)


def attribute_table() -> str:
    """The text of an `.aux.xml`: categories and a raster attribute table of the classes."""
    root = ET.Element("PAMDataset")
    band = ET.SubElement(root, "PAMRasterBand", band="1")
    categories = ET.SubElement(band, "CategoryNames")
    for name in CLASSES:
        ET.SubElement(categories, "Category").text = name
    table = ET.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    for index, field in enumerate(_FIELDS):
        definition = ET.SubElement(table, "FieldDefn", index=str(index))
        for tag, text in zip(("Name", "Type", "Usage"), field, strict=True):
            ET.SubElement(definition, tag).text = text
    for value, (name, colour) in enumerate(zip(CLASSES, CLASS_COLOURS, strict=True)):
        row = ET.SubElement(table, "Row", index=str(value))
        for cell in (value, name, *bytes.fromhex(colour[1:])):
            ET.SubElement(row, "F").text = str(cell)
    return _text(root)


def _text(root: ET.Element) -> str:
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"
