from results_tables import ACCURACY, frame, result

from lcviz.generalization.example import example_scenes
from lcviz.generalization.tables import score_scenes, transfer_matrix


def test_the_scene_with_the_average_gap_comes_first() -> None:
    rows = []
    # Gaps of 10, 40 and 90 points: on average 46.7.
    for scene, (home, away) in {"a": (60, 50), "b": (80, 40), "c": (95, 5)}.items():
        rows.append(result("Asia", scene, "Asia", home, 100 - home))
        rows.append(result("Africa", scene, "Asia", away, 100 - away))
    rows.append(result("Africa", "d", "Asia", 40, 60))  # the home model was trained on it
    scores = score_scenes(frame(*rows[:-1]), "continent", ACCURACY)
    matrix = transfer_matrix(scores, "continent", resamples=2)
    assert example_scenes(scores, matrix, "Africa", "Asia") == ["b", "a", "c"]
    scores = score_scenes(frame(*rows), "continent", ACCURACY)
    assert "d" not in example_scenes(scores, matrix, "Africa", "Asia")
    assert example_scenes(scores, matrix, "Europe", "Asia") == []
