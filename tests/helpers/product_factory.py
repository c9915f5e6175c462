"""Products of Sentinel-2 as people hold them: SAFE folders, zips, files of one band."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from places import SHARED
from raster_factory import PLACE, land, surface
from rasterio.transform import Affine
from rasterio.windows import Window

TEN = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")
FINE = ("B2", "B3", "B4", "B8")
L1C = "S2A_MSIL1C_20210908T042701_N0301_R133_T33TVJ_20210908T070248"
L2A = "S2B_MSIL2A_20220413T150759_N0400_R025_T33TVJ_20220414T082126"
BAND_IDS = ("B1", *TEN[:8], "B9", "B10", "B11", "B12")


def scene(level: str = "L1C") -> dict[str, np.ndarray]:
    """Ten bands of a scene, the coarser ones constant in 2 x 2 pixels: (96, 96), DN."""
    # Water that is black at the ground all has one value, which looks like no data.
    ten = land(10) if level == "L1C" else surface(10) + random_dark()
    bands = dict(zip(TEN, ten.astype(np.uint16), strict=True))
    return {b: v if b in FINE else v[::2, ::2].repeat(2, 0).repeat(2, 1) for b, v in bands.items()}


def patch_scene() -> dict[str, np.ndarray]:
    """The same of a corner of a real patch of SEN12MS, where one is at hand; else of `scene`."""
    folder = Path(os.environ.get("LCVIZ_REAL_SEN12MS", SHARED / "real_sen12ms"))
    patch = folder / "ROIs1868_summer/s2_100/ROIs1868_summer_s2_100_p500.tif"
    if not patch.is_file():
        return scene()
    with rasterio.open(patch) as file:
        values = file.read(window=Window(0, 0, 96, 96))
    bands = {band: values[BAND_IDS.index(band)] for band in TEN}
    return {b: v if b in FINE else v[::2, ::2].repeat(2, 0).repeat(2, 1) for b, v in bands.items()}


def random_dark() -> np.ndarray:
    """A little light, (10, 96, 96), DN."""
    return np.random.default_rng(1).integers(10, 60, (10, 96, 96))


def write_band(path: Path, values: np.ndarray, metres: int = 10, **profile) -> Path:
    """A file of one band; JPEG 2000 without loss where it is called so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    step = metres // 10
    stored = values[::step, ::step]
    settings = {
        **{"height": stored.shape[0], "width": stored.shape[1], "count": 1, "crs": "EPSG:32633"},
        **{"dtype": stored.dtype.name, "transform": PLACE @ Affine.scale(step), "driver": "GTiff"},
    }
    if path.suffix == ".jp2":
        settings |= {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES"}
    with rasterio.open(path, "w", **(settings | profile)) as file:
        file.write(stored, 1)
    return path


def metadata(
    name: str = L1C,
    baseline: str = "03.01",
    offsets: Mapping[str, float] | None = None,
    quantification: float = 10_000,
) -> str:
    """A product's metadata as ESA writes it, cut to what counts here."""
    level = "2A" if "MSIL2A" in name else "1C"
    prefix, short = ("BOA_", "BOA") if level == "2A" else ("", "RADIO")
    told = "".join(
        f'<{short}_ADD_OFFSET band_id="{BAND_IDS.index(band)}">{offset}</{short}_ADD_OFFSET>'
        for band, offset in (offsets or {}).items()
    )
    inner = {"2A": "BOA_ADD_OFFSET_VALUES_LIST", "1C": "Radiometric_Offset_List"}[level]
    space = f"https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-{level}.xsd"
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-{level}_User_Product xmlns:n1="{space}"><n1:General_Info><Product_Info>
<PRODUCT_URI>{name}.SAFE</PRODUCT_URI><PROCESSING_LEVEL>Level-{level}</PROCESSING_LEVEL>
<PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE></Product_Info>
<Product_Image_Characteristics>
<{prefix}QUANTIFICATION_VALUE unit="none">{quantification:g}</{prefix}QUANTIFICATION_VALUE>
{f"<{inner}>{told}</{inner}>" if told else ""}
</Product_Image_Characteristics></n1:General_Info></n1:Level-{level}_User_Product>"""


def safe(
    parent: Path,
    name: str = L1C,
    bands: Mapping[str, np.ndarray] | None = None,
    xml: str | None = None,
    folder: str | None = None,
    classes: np.ndarray | None = None,
) -> Path:
    """A SAFE folder of Level-1C or Level-2A, with pictures and masks that are no bands beside."""
    level = "L2A" if "MSIL2A" in name else "L1C"
    bands = scene(level) if bands is None else bands
    root = parent / (folder if folder is not None else f"{name}.SAFE")
    granule = root / "GRANULE" / f"{level}_T33TVJ_A032448_20210908T043714"
    stem = f"T33TVJ_{name.split('_')[2]}"
    for band, values in bands.items():
        metres = 10 if band in FINE else 20
        code = band if band == "B8A" else f"B{int(band[1:]):02d}"
        place = f"IMG_DATA/{stem}_{code}.jp2"
        if level == "L2A":
            place = f"IMG_DATA/R{metres}m/{stem}_{code}_{metres}m.jp2"
            write_band(granule / f"IMG_DATA/R60m/{stem}_{code}_60m.jp2", values, 60)
        write_band(granule / place, values, metres)
    picture = np.full((96, 96), 7, np.uint8)
    write_band(granule / f"IMG_DATA/{stem}_TCI.jp2", picture)
    write_band(granule / "QI_DATA/MSK_QUALIT_B02.jp2", picture)
    if classes is not None:
        write_band(granule / f"IMG_DATA/R20m/{stem}_SCL_20m.jp2", classes.astype(np.uint8), 20)
    file = f"MTD_MSI{level}.xml"
    (root / file).write_text(xml if xml is not None else metadata(name), encoding="utf-8")
    return root


def zipped(folder: Path, target: Path, inside: str | None = None) -> Path:
    """The zip of a folder, under its own name or another, "" for none."""
    top = folder.name if inside is None else inside
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, Path(top, file.relative_to(folder)).as_posix())
    return target


def loose(
    folder: Path, pattern: str, bands: Mapping[str, np.ndarray] | None = None, **profile
) -> Path:
    """A folder of files of one band; {band} in the pattern is B2, {code} is B02, {m} 10 or 20."""
    for band, values in (scene() if bands is None else bands).items():
        metres = 10 if band in FINE else 20
        code = band if band == "B8A" else f"B{int(band[1:]):02d}"
        write_band(
            folder / pattern.format(band=band, code=code, m=metres), values, metres, **profile
        )
    return folder
