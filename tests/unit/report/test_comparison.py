"""The study beside the published numbers: which cells both have, differences, chance floors, table and figure."""

import numpy as np
import pandas as pd
import published as published_script
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from ner_pruning.claims.paper_scores import PublishedF1, cells_of_study, read_published
from ner_pruning.figures.against_paper import ours_and_theirs
from ner_pruning.files import InputError
from ner_pruning.report.comparison import MEANINGLESS, compare, published_table
from ner_pruning.scoring.score_table import FLOOR_COLUMNS
from ner_pruning.statistics.interval_table import write_intervals
from ner_pruning.terms import Provenance
from paper_tables import PAPER
from small_scores import frame, intervals_of, score

HEADER = "table,setting,test_set,scope,language,sparsity,f1\n"
PUBLISHED = [
    PublishedF1("monolingual", "regular", "", "en", 0, 0.85),
    PublishedF1("monolingual", "regular", "full", "en", 50, 0.8),
    PublishedF1("monolingual", "in-language", "", "en", 0, 0.02),
    PublishedF1("monolingual", "regular", "", "zh", 0, 0.83),  # not in the study
]


def scores():
    """en at two seeds, each cell with its chance floor; the script and family sets, which the paper does not print."""
    f1 = {
        ("regular", "", 0): 0.9,
        ("regular", "full", 50): 0.03,
        ("in-language", "", 0): 0.7,
        ("in-script", "", 0): 0.6,
        ("regular", "partial", 50): 0.5,
    }
    rows = [
        score("en", value, sparsity, scope, seed, test_set, "monolingual", 0.04, chance_floor_high=0.05)
        for (test_set, scope, sparsity), value in f1.items()
        for seed in (1, 2)
    ]
    return frame(*rows)


def intervals(scores):
    """The table of intervals, but those of F1 from 0.03 below to 0.02 above."""
    table = intervals_of(scores)
    f1 = table["statistic"] == "f1"
    table.loc[f1, "low"], table.loc[f1, "high"] = table["estimate"] - 0.03, table["estimate"] + 0.02
    return table


def test_the_papers_file_has_every_cell_of_four_tables_once():
    cells = read_published(PAPER)
    # 4 tables × 10 languages × 7 sparsities, of which two share each dense column
    assert len(cells) == 280 - 20 == len({cell[:-1] for cell in cells})
    assert cells[0] == PublishedF1("monolingual", "regular", "", "en", 0, 0.8468)
    assert PublishedF1("monolingual", "in-language", "full", "yo", 80, 0.0782) in cells


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("6,monolingual,regular,partial,en,fifty,0.8", "line 3: wrong or missing value .*fifty"),
        ("6,monolingual,regular,partial,en,50,84.2", "line 3: wrong or missing value .*84.2, expected 0 to 1"),
        ("6,monolingual,shuffled,partial,en,50,0.8", "line 3: wrong or missing value .*shuffled"),
        ("6,monolingual,regular,partial,en,50", "line 3: wrong or missing value"),
        ("7,monolingual,regular,full,en,0,0.5", "line 3: F1 0.5, but 0.8 in a line before"),
    ],
)
def test_a_wrong_line_of_the_published_numbers_is_named(tmp_path, lines, message):
    path = tmp_path / "paper.csv"
    path.write_text(f"{HEADER}6,monolingual,regular,partial,en,0,0.8\n{lines}\n")
    with pytest.raises(InputError, match=message):
        read_published(path)


def test_cells_of_a_study_are_those_it_measures():
    config = {
        "languages": ["en", "zh", "hi"],
        "monolingual": ["en", "hi"],
        "multilingual": True,
        "perturbations": ["in-script"],
        "pruning": {"scopes": ["full"], "sparsities": [10, 50, 98]},
        "seeds": [1],
        "fewer_runs": {},
    }
    cells = cells_of_study(read_published(PAPER), config)
    assert {cell[:-1] for cell in cells} == {
        ("monolingual", "regular", scope, language, sparsity)
        for language in ("en", "hi")
        for scope, sparsity in (("", 0), ("full", 50), ("full", 98))
    }
    assert cells_of_study(PUBLISHED, {**config, "monolingual": ["hi"]}) == []
    both = [PublishedF1("multilingual", "regular", "", "zh", 0, 0.8)]
    assert cells_of_study(both, config) == both
    assert cells_of_study(both, {**config, "multilingual": False}) == []
    fewer = {"en": {"sparsities": [50]}, "hi": {"sparsities": [], "scopes": []}}
    assert {
        (cell.language, cell.sparsity) for cell in cells_of_study(read_published(PAPER), config | {"fewer_runs": fewer})
    } == {
        ("en", 0),
        ("en", 50),
        ("hi", 0),
    }


def test_ours_beside_theirs_and_the_floor():
    compared = compare(PUBLISHED, intervals(scores()))
    assert compared[["test_set", "scope", "language", "sparsity", "seeds"]].to_numpy().tolist() == [
        ["regular", "", "en", 0, 2],
        ["regular", "full", "en", 50, 2],
        ["in-language", "", "en", 0, 2],
    ]
    np.testing.assert_allclose(compared["difference"], [0.05, -0.77, 0.68])
    np.testing.assert_allclose(compared["difference_low"], [0.02, -0.8, 0.65])
    np.testing.assert_allclose(compared["difference_high"], [0.07, -0.75, 0.7])
    np.testing.assert_allclose(
        compared[["chance_floor", "chance_floor_low", "chance_floor_high"]].iloc[0], [0.04, 0.03, 0.05]
    )
    shuffled = compared[["shuffle_floor", "shuffle_floor_low", "shuffle_floor_high"]]
    np.testing.assert_allclose(shuffled, [[0.01, 0.005, 0.02]] * 3)
    assert compared["theirs_below"].tolist() == [False, False, True]
    assert compared["ours_below"].tolist() == [False, True, False]


def test_a_study_of_no_published_cell_is_refused():
    with pytest.raises(InputError, match="no cell of the published tables"):
        compare(PUBLISHED[3:], intervals(scores()))


def test_table_has_intervals_and_counts_what_is_below_chance():
    held = scores()
    held.loc[held["test_set"] == "in-language", FLOOR_COLUMNS] = np.nan
    table = published_table(compare(PUBLISHED, intervals(held)), Provenance("small", False, "some/encoder"))
    assert table.csv().splitlines()[:3] == [
        "setting,test set,scope,language,sparsity,seeds,ours,ours low,ours high,theirs,difference,difference low,"
        "difference high,chance floor,chance floor low,chance floor high,shuffle floor,"
        "shuffle floor low,shuffle floor high,theirs below,ours below",
        "monolingual,regular,,en,0,2,0.9000,0.8700,0.9200,0.8500,0.0500,0.0200,0.0700,0.0400,0.0300,0.0500,"
        "0.0100,0.0050,0.0200,no,no",
        "monolingual,regular,full,en,50,2,0.0300,0.0000,0.0500,0.8000,-0.7700,-0.8000,-0.7500,0.0400,0.0300,0.0500,"
        "0.0100,0.0050,0.0200,no,yes",
    ]
    floors = ["0.0400 [.030, .050]", "0.0100 [.005, .020]"]
    cells = [line.split("|")[2:-1] for line in table.markdown().splitlines() if line.startswith("|")][2:]
    assert [[cell.strip() for cell in row] for row in cells] == [
        ["dense", "en", "0.9000 [.870, .920]", "0.8500", "0.0500 [.020, .070]", *floors, "neither"],
        ["full-50", "en", "0.0300 [.000, .050]", "0.8000", "−0.7700 [−.800, −.750]", *floors, "ours"],
        ["dense", "en", "0.7000 [.670, .720]", "0.0200", "0.6800 [.650, .700]", "–", "–", "–"],
    ]
    notes = " ".join(table.notes)
    assert "on regular data theirs in 0 and ours in 1 of 2 cells" in notes
    assert "1 language, 2 seeds" in notes and "some/encoder" in notes and "demo" not in table.markdown()
    assert r"$-$0.7700 {\scriptsize [$-$.800, $-$.750]}" in table.latex()


def test_a_demo_says_loudly_that_the_comparison_means_nothing():
    compared = compare(PUBLISHED, intervals(scores()))
    table = published_table(compared, Provenance("demo", True, "random weights"))
    assert "(demo on synthetic text: the comparison means nothing)" in table.title and table.notes[0] == MEANINGLESS
    title = ours_and_theirs(compared, Provenance("demo", True)).get_suptitle().replace("\n", " ")
    assert "MEANS NOTHING" in title and "demo on synthetic text" in title
    assert "NOTHING" not in ours_and_theirs(compared, Provenance("small", False)).get_suptitle()


def points(axes, marker=None):
    """Return (x, y) of the points of a panel, of one marker or of all but crosses."""
    lines = [line for line in axes.lines if (line.get_marker() == marker if marker else line.get_marker() not in "x|_")]
    return {
        (round(float(x), 4), round(float(y), 4))
        for line in lines
        if line.get_linestyle() == "None"
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }


def test_figure_draws_every_cell_and_marks_those_below_chance():
    figure = ours_and_theirs(compare(PUBLISHED, intervals(scores())), Provenance("small", False))
    regular, perturbed = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["regular", "perturbed in-language"]
    assert regular.get_ylabel() == "ours: full"
    assert points(regular) == {(0.85, 0.9), (0.8, 0.03)} and points(perturbed) == {(0.02, 0.7)}
    assert points(regular, "x") == {(0.8, 0.03)} and points(perturbed, "x") == set()
    faces = {line.get_marker(): line.get_markerfacecolor() for line in perturbed.lines if line.get_marker() == "o"}
    assert faces == {"o": "white"}
    assert not any(line.get_markerfacecolor() == "white" for line in regular.lines)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["0 %", "50 %", "theirs below chance", "ours below chance", "equal"]
    assert "1 language, 2 seeds" in figure.get_suptitle().replace("\n", " ").replace("\xa0", " ")


@pytest.mark.parametrize("cells", [slice(0, 1), slice(1, 2), slice(2, 3), slice(0, 3)])
def test_figure_of_any_cells_stays_on_the_page(cells):
    compared = compare(PUBLISHED[cells], intervals(scores()).assign(low=np.nan, high=np.nan))
    figure = ours_and_theirs(compared, Provenance("small", True))
    assert all(points(axes) for axes in figure.axes)
    FigureCanvasAgg(figure).draw()
    legend = figure.legends[0].get_window_extent()
    for box in (figure._suptitle.get_window_extent(), legend, *(axes.get_tightbbox() for axes in figure.axes)):
        assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1
    assert all(axes.get_window_extent().width > 100 for axes in figure.axes)


def test_the_script_writes_table_and_figure(tmp_path, capsys):
    write_intervals(tmp_path / "intervals.parquet", intervals(scores()))
    suffixes = ("csv", "md", "tex", "html", "pdf", "png", "svg")
    out = {suffix: str(tmp_path / f"published.{suffix}") for suffix in suffixes}
    published_script.main(PAPER, tmp_path / "intervals.parquet", Provenance("s", True, "x"), out)
    assert "MEANS NOTHING" in capsys.readouterr().out
    rows = pd.read_csv(out["csv"])
    # of the five cells of the study, in-script is not published
    assert len(rows) == 4 and rows["theirs"].tolist() == [0.8468, 0.8421, 0.8382, 0.023]
    assert all((tmp_path / f"published.{suffix}").stat().st_size > 500 for suffix in out)
