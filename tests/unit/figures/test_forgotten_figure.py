"""The figure of what pruning forgets."""

from textwrap import fill

import forgotten_means as script
import numpy as np
import pandas as pd
import pytest
from ner_pruning.figures.forgetting import MOST_LINES, PANELS, TITLE_WIDTH, forgotten_by_class
from ner_pruning.statistics.forgetting import FORGETTING_COLUMNS, write_forgetting
from ner_pruning.terms import Provenance

SMALL = Provenance("small", False, "x")
CLASSES = [
    ("", "all", "all"),
    ("", "type", "PER"),
    ("", "type", "LOC"),
    ("", "words", "1"),
    ("script Latin", "all", "all"),
]


def frame_of(
    setting: str = "monolingual", scope: str = "partial", sparsities=(0, 50, 90), classes=CLASSES, seeds: int = 3
) -> pd.DataFrame:
    rows = [
        {
            **{"statistic": "forgotten", "setting": setting, "test_set": "regular", "language": "mean"},
            **{"group": group, "property": name, "value": value, "scope": scope, "sparsity": sparsity},
            **{"estimate": (estimate := (sparsity + number) / 120), "low": estimate - 0.01, "high": estimate + 0.02},
            **{"mentions": 90, "languages": 2, "codes": "jv yo", "seeds": seeds, "most_seeds": seeds},
        }
        for number, (group, name, value) in enumerate(classes)
        for sparsity in sparsities
    ]
    return pd.DataFrame(rows, columns=FORGETTING_COLUMNS)


def drawn(axes) -> dict[int, list[float]]:
    """Return the values of the lines with markers, in the order in which they were drawn."""
    lines = [line for line in axes.lines if line.get_marker() not in ("", "None")]
    return {number: list(line.get_ydata()) for number, line in enumerate(lines)}


def title_of(figure) -> str:
    return figure.get_suptitle().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")


def test_a_panel_a_property_has_a_line_a_value_from_the_floor_on():
    figure = forgotten_by_class(frame_of(), SMALL)
    assert [axes.get_title() for axes in figure.axes] == [fill(title, TITLE_WIDTH) for title in PANELS.values()]
    by_title = {axes.get_title(): drawn(axes) for axes in figure.axes}
    assert by_title["all mentions"] == {0: pytest.approx([0, 50 / 120, 90 / 120])}
    assert by_title["by type"] == {
        0: pytest.approx([1 / 120, 51 / 120, 91 / 120]),
        1: pytest.approx([2 / 120, 52 / 120, 92 / 120]),
    }
    assert by_title["by script"] == {0: pytest.approx([4 / 120, 54 / 120, 94 / 120])}
    (empty,) = [axes for axes in figure.axes if axes.get_title() == "by frequency in\ntraining"]
    assert drawn(empty) == {} and [text.get_text() for text in empty.texts] == ["too few\nmentions"]
    assert "at 0 the noise floor" in title_of(figure) and "3 seeds" in title_of(figure)
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert labels == ["PER (n=2)", "LOC (n=2)"]


def test_a_setting_with_one_seed_has_no_floor_and_the_title_says_so():
    frame = pd.concat([frame_of(), frame_of("multilingual", sparsities=(50, 90), seeds=1)])
    figure = forgotten_by_class(frame, SMALL)
    assert len(figure.axes) == 2 * len(PANELS)
    below = figure.axes[len(PANELS)]
    assert drawn(below) == {0: pytest.approx([50 / 120, 90 / 120])}
    assert list(below.lines[0].get_xdata()) == [1, 2], "at the sparsities, and nothing at 0"
    assert "lines that have no value at 0: both models have the same seed, as there is one" in title_of(figure)
    alone = forgotten_by_class(frame_of(sparsities=(50,), seeds=1), SMALL)
    assert "at 0 the noise floor" not in title_of(alone)
    assert "model of the same seed misses (there is one, and so no noise floor)" in title_of(alone)


def test_the_title_names_what_else_is_pruned_where_nothing_is_pruned_as_in_the_paper():
    figure = forgotten_by_class(pd.concat([frame_of(scope="partial-random"), frame_of(scope="embeddings")]), SMALL)
    assert "the share that a pruned model (embeddings) of another seed misses; at 0 the noise floor" in title_of(figure)
    assert drawn(figure.axes[0]) == {0: pytest.approx([0, 50 / 120, 90 / 120])}
    assert "a pruned model (partial-random) of another" in title_of(
        forgotten_by_class(frame_of(scope="partial-random"), SMALL)
    )
    nothing = title_of(forgotten_by_class(frame_of(sparsities=()), SMALL))
    assert "one" not in nothing.replace("none", "") and "partially pruned model of another seed" in nothing


def test_lines_of_other_languages_name_them():
    frame = frame_of(classes=[*CLASSES, ("", "words", "4 or more")])
    frame.loc[frame["value"] == "4 or more", ["languages", "codes"]] = [1, "yo"]
    figure = forgotten_by_class(frame, SMALL)
    labels = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in figure.axes[:3]]
    assert labels == [["all (n=2)"], ["PER (n=2)", "LOC (n=2)"], ["1 (jv, yo)", "4 or more (yo)"]]
    frame.loc[frame["value"] == "1", ["languages", "codes"]] = [4, "hi jv sw yo"]
    labels = [text.get_text() for text in forgotten_by_class(frame, SMALL).axes[2].get_legend().get_texts()]
    assert labels == ["1 (n=4)", "4 or more (yo)"]


def test_languages_of_one_script_have_no_panel_of_it():
    figure = forgotten_by_class(frame_of(classes=CLASSES[:-1]), SMALL)
    assert len(figure.axes) == len(PANELS) - 1 and "by script" not in {axes.get_title() for axes in figure.axes}


def test_the_full_scope_is_drawn_where_there_is_no_other():
    both = forgotten_by_class(pd.concat([frame_of(scope="full", sparsities=(0, 70)), frame_of()]), SMALL)
    assert "partially pruned" in title_of(both) and drawn(both.axes[0])[0] == pytest.approx([0, 50 / 120, 90 / 120])
    assert "fully pruned" in title_of(forgotten_by_class(frame_of(scope="full"), SMALL))


def test_of_many_scripts_those_with_most_languages_are_drawn():
    frame = frame_of(classes=[(f"script {name}", "all", "all") for name in "ABCDEFGHI"])
    frame.loc[frame["group"] == "script I", "languages"] = 5
    figure = forgotten_by_class(frame, SMALL)
    axes = figure.axes[-1]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(labels) == MOST_LINES == 7 and axes.get_title().replace("\n", " ") == "by script (7 of 9)"
    figure.draw_without_rendering()  # as saving it does
    assert axes.get_legend().get_window_extent().y0 >= 0
    assert labels[:3] == ["I (n=5)", "A (n=2)", "B (n=2)"]


def test_the_script_writes_the_table_and_the_same_figure_twice(tmp_path):
    write_forgetting(tmp_path / "forgotten.parquet", frame_of())
    for name in ("one", "two"):
        out = {
            suffix: str(tmp_path / f"{name}.{suffix}") for suffix in ("csv", "md", "tex", "html", "pdf", "png", "svg")
        }
        script.main(str(tmp_path / "forgotten.parquet"), SMALL, out)
    for suffix in ("csv", "md", "tex", "html", "pdf", "png", "svg"):
        one, two = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
        assert one and one == two
    printed = pd.read_csv(tmp_path / "one.csv")
    assert printed["floor"].notna().all() and np.allclose(printed.loc[0, "50"], 50 / 120, atol=1e-4)
