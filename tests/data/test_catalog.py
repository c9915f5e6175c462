import pytest
from places import ROOT

from lcviz.data.catalog import SEASON_FOLDERS, country_names, read_scenes, sen12ms_scenes
from lcviz.errors import DatasetError
from lcviz.study import Study
from lcviz.taxonomy import CONTINENTS, split_scene_id

HEADER = "season,scene,longitude,latitude,country,continent,patches,holdout"


def write(tmp_path, *lines, header=HEADER):
    path = tmp_path / "scenes.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_the_catalogue_is_the_whole_of_sen12ms():
    scenes = sen12ms_scenes()
    assert len(scenes) == 252
    assert scenes.patches.sum() == 180_662
    assert scenes.holdout.sum() == 26
    assert scenes.scene_id.is_unique
    assert set(scenes.continent) == set(CONTINENTS)
    # Patches of each season as SEN12MS's own paper counts them.
    assert scenes.groupby("season").patches.sum().to_dict() == {
        "Spring": 40_883,
        "Summer": 45_753,
        "Fall": 62_201,
        "Winter": 31_825,
    }
    assert scenes.longitude.between(-180, 180).all()
    assert scenes.latitude.between(-60, 75).all()


def test_scene_ids_hold_season_and_number():
    for row in sen12ms_scenes().itertuples():
        assert split_scene_id(row.scene_id) == (SEASON_FOLDERS[row.season], row.season, row.scene)
    first = sen12ms_scenes().iloc[0]
    assert first.scene_id == "ROIs1158_spring_1"
    assert (first.longitude, first.latitude, first.country) == (37.8648, -17.146, "MZ")


def test_a_caller_cannot_change_the_catalogue():
    mine = sen12ms_scenes()
    mine["patches"] = 0
    assert sen12ms_scenes().patches.sum() == 180_662


def test_a_list_of_ones_own_scenes(tmp_path):
    path = write(tmp_path, "spring,1,16.5,-22.5,NA,Africa,12,0", "winter,1,0,51.5,,,0,1")
    scenes = read_scenes(path)
    assert scenes.season.tolist() == ["Spring", "Winter"]
    assert scenes.scene.tolist() == [1, 1]
    # NA is Namibia, not a missing value; an empty field is one.
    assert scenes.country.tolist() == ["NA", None]
    assert scenes.continent.tolist() == ["Africa", None]
    assert scenes.holdout.tolist() == [False, True]
    assert scenes.patches.tolist() == [12, 0]


def test_an_empty_list_and_other_columns_are_fine(tmp_path):
    assert len(read_scenes(write(tmp_path))) == 0
    path = write(tmp_path, "x,fall,2,1,2,FR,Europe,3,0", header=f"note,{HEADER}")
    assert read_scenes(path).season.tolist() == ["Fall"]
    assert "note" not in read_scenes(path)
    with_mark = tmp_path / "excel.csv"
    with_mark.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_scenes(with_mark).season.tolist() == ["Fall"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Autumn,1,1,1,FR,Europe,1,0", "line 3, column season: 'Autumn' is not spring, summer,"),
        ("fall,one,1,1,FR,Europe,1,0", "line 3, column scene: 'one' is not a whole number"),
        ("fall,-1,1,1,FR,Europe,1,0", "column scene: '-1'"),
        ("fall,1.5,1,1,FR,Europe,1,0", "column scene: '1.5'"),
        ("fall,1,181,1,FR,Europe,1,0", "column longitude: '181' is not a longitude in degrees"),
        ("fall,1,nan,1,FR,Europe,1,0", "column longitude: 'nan'"),
        ("fall,1,1,-91,FR,Europe,1,0", "column latitude: '-91'"),
        ("fall,1,1,,FR,Europe,1,0", "column latitude: ''"),
        (
            "fall,1,1,1,FR,Atlantis,1,0",
            "column continent: 'Atlantis' is not empty or one of Africa",
        ),
        ("fall,1,1,1,FR,Europe,many,0", "column patches: 'many'"),
        ("fall,1,1,1,FR,Europe,1,yes", "column holdout: 'yes' is not 0 or 1"),
        ("fall,1,1,1", "line 3, column country: None"),
    ],
)
def test_a_malformed_value_is_named_by_line_and_column(tmp_path, line, message):
    path = write(tmp_path, "spring,7,2,1,FR,Europe,1,0", line)
    with pytest.raises(DatasetError) as caught:
        read_scenes(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_column_a_scene_given_twice_and_what_is_no_table(tmp_path):
    with pytest.raises(DatasetError, match="line 1: no column holdout; expected the header season"):
        read_scenes(write(tmp_path, header=HEADER.removesuffix(",holdout")))
    line = "fall,1,1,1,FR,Europe,1,0"
    with pytest.raises(DatasetError, match="fall scene 1 stands in it twice"):
        read_scenes(write(tmp_path, line, line))
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="cannot be read as a CSV file"):
        read_scenes(tmp_path / "binary.csv")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_scenes(tmp_path / "none.csv")


def test_every_country_with_a_scene_has_a_name():
    codes = set(sen12ms_scenes().country.dropna())
    codes |= set(Study.open(ROOT / "studies" / "demo").scenes().country.dropna())
    assert codes <= set(country_names())
    assert all(len(name) > 3 for name in country_names().values())
