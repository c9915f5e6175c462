import numpy as np
import pytest
from rasterio.warp import transform

from lcviz.data.demo.utm import from_utm, to_utm


@pytest.mark.parametrize("epsg", [32601, 32631, 32733, 32760])
def test_it_agrees_with_proj_to_a_micrometre(epsg: int) -> None:
    rng = np.random.default_rng(epsg)
    longitude = 6 * (epsg % 100) - 183 + rng.uniform(-3.2, 3.2, 500)
    latitude = rng.uniform(0, 80, 500) * (1 if epsg < 32700 else -1)
    east, north = transform("EPSG:4326", f"EPSG:{epsg}", longitude, latitude)
    ours = to_utm(epsg, longitude, latitude)
    np.testing.assert_allclose(ours, (east, north), rtol=0, atol=1e-6)
    back = from_utm(epsg, *ours)
    np.testing.assert_allclose(back, (longitude, latitude), rtol=0, atol=1e-11)
