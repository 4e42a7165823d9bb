"""All figures that are drawn from scores: what they show, in studies of every kind, and that their bytes stay."""

import re
import subprocess
import sys
from functools import cache
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_scores
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from ner_pruning.figures import paper_figures, style
from ner_pruning.figures.by_group import order_groups
from ner_pruning.figures.point_labels import place_labels
from ner_pruning.files import InputError
from ner_pruning.frames import write_frame
from ner_pruning.statistics.interval_table import write_intervals
from ner_pruning.study import contents
from ner_pruning.study.contents import figure_names
from ner_pruning.study.languages import read_languages
from ner_pruning.terms import Provenance
from small_scores import groups_of, intervals_of

SCRIPTS = Path(paper_figures.__file__).parents[2]
TABLE_FILE = Path(__file__).parents[3] / "resources" / "languages.tsv"
TABLE = read_languages(TABLE_FILE)
SIZES = {"en": 20000, "de": 20000, "yo": 100}
GROUPS = groups_of(
    SIZES,
    families={"en": "Germanic", "de": "Germanic", "yo": "Niger-Congo"},
    scripts=dict.fromkeys(SIZES, "Latin"),
)
GROUPS["name"] = [TABLE[code].name for code in SIZES]
PERTURBATIONS = ("in-language", "in-script", "in-family")
LEVELS = {"en": 1.0, "de": 0.9, "yo": 0.8, "monolingual": 0.75}
"""What the F1 of a language, and of a setting, is multiplied by: no mean is that of another language or setting."""

KEPT = {"yo": 0.2}
"""What a perturbation leaves of F1, else 0.5."""


def study(
    languages=("en", "de", "yo"),
    monolingual=("en", "yo"),
    multilingual=True,
    scopes=("partial", "full"),
    sparsities=(50, 90),
    seeds=(1, 2),
    perturbations=PERTURBATIONS,
    f1=0.8,
):
    """Scores in which F1 falls linearly with sparsity, and a perturbation leaves a part of it."""

    def value(cell, language, seed):
        level = f1 * LEVELS.get(language, 1) * LEVELS.get(cell.setting, 1)
        return level * (1 - cell.sparsity / 100) * (1 if cell.test_set == "regular" else KEPT.get(language, 0.5))

    settings = {"monolingual": monolingual} | ({"multilingual": languages} if multilingual else {})
    variants = [*product(scopes, sparsities)]
    return small_scores.study(value, languages, settings, variants, ("regular", *perturbations), seeds, floor=0.04)


STUDIES = {
    "whole": {},
    "partial only": {"scopes": ("partial",)},
    "full only": {"scopes": ("full",)},
    "one perturbation": {"perturbations": ("in-script",)},
    "no multilingual": {"multilingual": False},
    "no monolingual": {"monolingual": ()},
    "one sparsity": {"sparsities": (50,)},
    "one seed": {"seeds": (1,)},
    "one language": {"languages": ("yo",)},
    "no common language": {"languages": ("en", "yo"), "monolingual": ("en", "yo")},
    "smallest": {
        "languages": ("yo",),
        "multilingual": False,
        "scopes": ("full",),
        "sparsities": (50,),
        "seeds": (1,),
        "perturbations": ("in-family",),
    },
    "nothing learned": {"f1": 0.0},
    "dense only": {"sparsities": ()},
    "dense and regular only": {"sparsities": (), "perturbations": ()},
    "eleven sparsities": {"sparsities": (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)},
}


def scores_of(name):
    scores = study(**STUDIES[name])
    if name == "no common language":
        scores = scores[(scores["setting"] == "monolingual") == (scores["language"] == "en")]
    return scores


def figures_of(name):
    """Return the figures that a study has."""
    perturbations = STUDIES[name].get("perturbations", PERTURBATIONS)
    scopes = ["partial", "full"] if STUDIES[name].get("sparsities", (50, 90)) else []
    sparsities = [50] if scopes else []
    grid = {"monolingual": ["yo"], "multilingual": False, "seeds": [1], "fewer_runs": {}}
    grid["pruning"] = {"scopes": scopes, "sparsities": sparsities}
    return figure_names(grid | {"perturbations": perturbations})


@cache
def table_of(name):
    """Return the table of intervals of one of STUDIES."""
    return intervals_of(scores_of(name), GROUPS)


def draw(name, scores, groups=GROUPS, demo=False):
    """Return a figure of scores by its number or name."""
    return draw_table(name, intervals_of(scores, groups), groups, demo)


def draw_table(name, intervals, groups=GROUPS, demo=False):
    """Return a figure of the table of intervals by its number or name."""
    name = f"figure-{name}" if isinstance(name, int) else name
    return paper_figures.draw_figure(name, intervals, groups, Provenance("small", demo))[0]


def test_each_figure_of_the_workflow_is_drawn():
    assert list(contents.FIGURES) == list(paper_figures.FIGURES)


def title_of(figure):
    return figure.get_suptitle().replace("\n", " ").replace("\xa0", " ")


def drawn(axes):
    """Return the values of all lines of a panel that have markers: not the chance floors, nor the dense reference."""
    return [np.asarray(line.get_ydata(), dtype=float) for line in drawn_lines(axes)]


def drawn_lines(axes):
    return [line for line in axes.lines if line.get_marker() not in ("", "None") and line.get_linestyle() != ":"]


def boxes_of(texts):
    return [text.get_window_extent() for text in texts if text.get_visible() and text.get_text()]


def assert_nothing_overlaps(figure):
    """Nothing lies outside the page, the legend covers no panel, and neither titles nor tick labels touch."""
    FigureCanvasAgg(figure).draw()
    page, legend = figure.bbox, figure.legends[0].get_window_extent()
    panels = [axes.get_tightbbox() for axes in figure.axes]
    for box in (figure._suptitle.get_window_extent(), legend, *panels):
        assert box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1 and box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1
    assert not any(legend.overlaps(panel) for panel in panels)
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = boxes_of(tick.label1 for tick in axis.get_major_ticks())
            assert not any(one.overlaps(other) for one, other in combinations(labels, 2))
    titles = boxes_of(axes.title for axes in figure.axes)
    assert not any(one.overlaps(other) for one, other in combinations(titles, 2))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "number"), [(name, number) for name in STUDIES for number in figures_of(name)])
def test_every_panel_of_every_study_holds_a_point_or_says_why_not(name, number):
    figure = draw_table(number, table_of(name), demo=True)
    assert figure.axes
    for axes in figure.axes:
        points = np.concatenate(drawn(axes))
        assert np.isfinite(points).any() or any("no language has" in text.get_text() for text in axes.texts)
    title = figure.get_suptitle()
    assert "demo on synthetic text" in title and "seed" in title and "language" in title
    assert_nothing_overlaps(figure)


@pytest.mark.parametrize(
    ("name", "number", "titles"),
    [
        ("whole", 1, ["regular", "perturbed in-language", "", ""]),
        ("one perturbation", 1, ["regular", ""]),
        ("full only", 1, ["regular", "perturbed in-language"]),
        ("whole", 2, ["partial", "full (incl. embeddings)"]),
        ("full only", 3, ["full (incl. embeddings)"]),
    ],
)
def test_panels_are_those_the_study_holds(name, number, titles):
    figure = draw_table(number, table_of(name))
    assert [axes.get_title() for axes in figure.axes] == titles
    assert "demo" not in figure.get_suptitle()


def test_figure_1_draws_the_means_and_names_what_is_behind_them():
    figure = draw_table(1, table_of("whole"))
    # Of English and Yoruba: (0.8 + 0.64) / 2, and perturbed (0.4 + 0.128) / 2; monolingual three quarters of it.
    for axes, multilingual in zip(figure.axes[:2], (0.72, 0.264), strict=True):
        for line, dense in zip(drawn(axes), (0.75 * multilingual, multilingual), strict=True):
            np.testing.assert_allclose(line, [dense, 0.5 * dense, 0.1 * dense])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "monolingual",
        "multilingual",
        "chance floor",
    ]
    title = title_of(figure)
    assert "mean over 2 languages in both settings, 2 seeds" in title
    scores = study()
    one = draw(1, scores[(scores["setting"] == "monolingual") | (scores["seed"] == scores["seed"].min())])
    assert "settings, 2 seeds of monolingual and 1 seed of multilingual models; bars" in title_of(one)


def test_figure_2_draws_relative_differences_by_size():
    figure = draw_table(2, table_of("whole"))
    for axes in figure.axes:
        for line in drawn(axes):
            np.testing.assert_allclose(line, [-0.5, -0.9])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(labels) == ["100 (n=1)", "20000 (n=2)", "dense"]


def test_figure_3_draws_fractions_of_the_languages_with_all_perturbations():
    scores = study()
    scores = scores[~((scores["test_set"] == "in-family") & (scores["language"] == "yo"))]
    figure = draw(3, scores)
    assert figure.axes[0].get_ylim() == (0, 1)
    for axes in figure.axes:
        for line in drawn(axes):  # of English and German: that of Yoruba is 0.2
            np.testing.assert_allclose(line, [0.5] * 3)
    labels = {text.get_text() for text in figure.legends[0].get_texts()}
    assert labels == {*PERTURBATIONS, "chance floor / regular, in its colour"}
    assert "mean of the fractions of 2 languages with all perturbed test sets, 2 seeds" in title_of(figure)
    apart = scores[(scores["test_set"] != "in-script") | (scores["language"] == "yo")]  # no language has all three
    figure = draw(3, apart)
    assert [np.unique(line.round(12)).tolist() for line in drawn(figure.axes[0])] == [[0.4], [0.2], [0.5]]
    assert "mean of the fractions of 1–3 languages (not the same of all perturbations)" in title_of(figure)


def test_figure_3_cuts_no_interval_off():
    intervals = intervals_of(study(), GROUPS, noise=0.05)
    intervals.loc[(intervals["statistic"] == "fraction") & (intervals["sparsity"] == 50), "high"] = 1.3
    assert draw_table(3, intervals).axes[0].get_ylim()[1] > 1.3


def test_colours_stay_with_their_setting():
    both = draw_table(1, table_of("whole"))
    alone = draw_table(1, table_of("no monolingual"))
    colours = [[line.get_color() for line in drawn_lines(figure.axes[0])] for figure in (both, alone)]
    assert colours[0][1] == colours[1][0] != colours[0][0]


@pytest.mark.parametrize("number", [2, 4, 6])
def test_sparse_models_of_one_setting_are_drawn_though_the_other_is_dense_only(number):
    scores = study()
    scores = scores[(scores["setting"] == "monolingual") | (scores["sparsity"] == 0)]
    assert "monolingual models" in title_of(draw(number, scores))


def test_what_cannot_be_drawn_is_refused():
    for number in (2, 4, 8):
        with pytest.raises(InputError, match="no sparse multilingual model on the test set"):
            draw(number, study(sparsities=()))
    for name in (3, "novelty"):
        with pytest.raises(InputError, match="no multilingual model on a perturbed test set"):
            draw(name, study(perturbations=()))
    for name in (1, 9, "languages"):
        with pytest.raises(InputError, match="intervals: no "):
            draw(name, study()[lambda scores: scores["test_set"] == "in-script"])
    draw(1, study(sparsities=(), perturbations=()))


def smallest_letters(figure):
    """Return the font size in points of the smallest text of a figure."""
    texts = [figure._suptitle, *figure.legends[0].get_texts()]
    for axes in figure.axes:
        texts += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
        texts += axes.texts
    return min(text.get_fontsize() for text in texts)


def test_letters_are_at_least_8_points_at_the_width_of_a_column():
    figure = draw(1, study(sparsities=(50, 70, 80, 90, 95, 98)))
    assert figure.get_figwidth() == style.COLUMN_WIDTH
    assert smallest_letters(figure) >= 8


@pytest.mark.parametrize("number", [2, 3, 4, 7, 9, "novelty"])
def test_a_study_without_multilingual_models_says_so(number):
    title = title_of(draw_table(number, table_of("no multilingual")))
    assert "monolingual" in title
    assert ("the study has no multilingual ones" in title) == (number == 9)


@pytest.mark.parametrize(
    ("number", "titles"),
    [
        (4, ["Germanic\nn=2", "Niger-Congo\nn=1"]),
        (5, ["Latin\nn=3"]),
        (6, ["100 sentences\nn=1", "20000 sentences\nn=2"]),
        (7, ["Germanic\nn=2", "Niger-Congo\nn=1"]),
        (8, ["Latin\nn=3"]),
    ],
)
def test_figures_by_group_draw_f1_above_and_differences_below(number, titles):
    figure = draw_table(number, table_of("whole"))
    above, below = figure.axes[: len(titles)], figure.axes[len(titles) :]
    assert [axes.get_title() for axes in above] == titles
    # Regular .8, .72, .64 of en, de, yo; perturbed .4, .36, .128.
    means = {"Germanic": (0.76, 0.38), "20000": (0.76, 0.38), "Niger-Congo": (0.64, 0.128), "100": (0.64, 0.128)}
    means["Latin"] = 0.72, 0.296
    for axes, title in zip(above, titles, strict=True):
        dense = means[title.split()[0]][number > 5]
        assert len(drawn(axes)) == 2
        for line in drawn(axes):
            np.testing.assert_allclose(line, [dense, 0.5 * dense, 0.1 * dense])
        floors = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":"]
        assert floors == pytest.approx([] if number <= 5 else [0.04])
    for axes in below:
        for line in drawn(axes):
            np.testing.assert_allclose(line, [0, -0.5, -0.9])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["partial", "full (incl. embeddings)", *(["chance floor"] if number > 5 else []), "dense"]


def test_groups_are_ordered_by_number_of_languages_then_name_and_sizes_ascending():
    languages = ["yo", "sw", "ja", "af", "en", "de"]
    assert order_groups(pd.Series(["N", "N", "J", "G", "G", "G"], index=languages)) == ["G", "N", "J"]
    assert order_groups(pd.Series(["N", "G", "J"], index=["yo", "en", "ja"])) == ["G", "J", "N"]
    sizes = pd.Series([100, 1000, 20000, 5000, 20000, 20000], index=languages)
    assert order_groups(sizes) == [100, 1000, 5000, 20000]


def bars(axes):
    """Return the lower and upper ends of the bars of a panel; what has no interval has none."""
    parts = [part for part in axes.collections if isinstance(part, LineCollection)]
    return [segment[:, 1] for part in parts for segment in part.get_segments() if np.isfinite(segment).any()]


@pytest.mark.parametrize("number", range(1, 9))
def test_bars_are_the_intervals_of_the_table(number):
    intervals = intervals_of(study(), GROUPS, noise=0.05)
    figure, numbers = paper_figures.draw_figure(f"figure-{number}", intervals, GROUPS, Provenance("small", False))
    numbers = numbers[numbers["statistic"].isin(["f1", "relative_difference", "fraction"])].dropna(subset=["low"])
    ends = np.array([bar for axes in figure.axes for bar in bars(axes)])
    assert len(ends) == len(numbers) > 5
    for low, high in numbers[["low", "high"]].to_numpy():
        assert np.isclose(ends, [low, high]).all(axis=1).any()
    assert "bars: 95 % intervals" in title_of(figure)


def test_figure_9_labels_each_language_and_says_how_f1_and_overlap_correlate():
    scores = study(languages=("en", "de", "yo", "hi", "sw"))
    unseen = {"en": 0.4, "de": 0.3, "yo": 0.2, "hi": 0.1, "sw": 0.5}
    f1 = {"en": 0.1, "de": 0.2, "yo": 0.4, "hi": 0.3, "sw": 0.0}
    scores = scores.assign(unseen_share=scores["language"].map(unseen), f1=scores["language"].map(f1))
    groups = groups_of({**SIZES, "hi": 5000, "sw": 1000})
    figure = draw(9, scores, groups)
    (axes,) = figure.axes
    assert {text.get_text() for text in axes.texts if text.get_text()} == set(unseen)
    points = {(x, y) for line in axes.lines for x, y in zip(*map(np.asarray, line.get_data()), strict=True)}
    assert np.array(sorted(points)) == pytest.approx(np.array([(50, 0.0), (60, 0.1), (70, 0.2), (80, 0.4), (90, 0.3)]))
    # Ranks 1, 2, 3, 5, 4: 1 - 6 · 2 / 120. Percentiles of 20 draws reach 1.
    title = title_of(figure).replace("\N{MINUS SIGN}", "-")
    assert re.search(
        r"Pearson's r 0\.90 \[-?\d\.\d\d, 1\.00\], Spearman's ρ 0\.90 \[-?\d\.\d\d, 1\.00\] \(95 % intervals\)", title
    )
    four = title_of(draw(9, scores[scores["language"] != "sw"], groups))
    assert "(no interval: fewer than 5 languages)" in four and "[" not in four
    assert "Pearson's r 0.80, Spearman's ρ 0.80" in four
    one = title_of(draw(9, scores[scores["language"] == "en"], groups))
    assert "fewer than 3 languages say nothing of a correlation" in one
    two = title_of(draw(9, scores[scores["language"].isin(["en", "hi"])], groups))
    assert "fewer than 3 languages say nothing of a correlation" in two and "Pearson" not in two


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("number", "why"), [(9, "no test set has mentions"), ("novelty", "no language has")])
def test_without_mentions_in_any_test_set_a_figure_says_so(number, why):
    figure = draw(number, study().assign(unseen_share=np.nan))
    assert all(why in axes.texts[0].get_text() for axes in figure.axes)
    FigureCanvasAgg(figure).draw()


def test_the_figure_of_languages_tells_settings_scopes_and_test_sets_apart():
    figure = draw_table("languages", table_of("whole"))
    assert [axes.get_title() for axes in figure.axes] == ["Yoruba (yo)", "German (de)", "English (en)"]  # small first
    yo, de, _ = figure.axes
    lines = [line for line in yo.lines if line.get_linestyle() != ":"]
    looks = {(line.get_color(), line.get_linestyle(), line.get_markerfacecolor()) for line in lines}
    assert len(looks) == 8  # 2 settings × 2 scopes × 2 test sets
    assert len(drawn(yo)) == 8 and len(drawn(de)) == 4  # de has no monolingual model
    for line in (line for line in yo.lines if line.get_markerfacecolor() == "white"):
        dense = 0.8 * 0.8 * 0.2 * (0.75 if line.get_color() == style.SETTING_STYLES["monolingual"][0] else 1)
        np.testing.assert_allclose(line.get_ydata(), [dense, 0.5 * dense, 0.1 * dense])


@pytest.mark.parametrize("number", [1, "languages"])
def test_a_line_passes_by_a_sparsity_that_its_models_were_not_trained_at(number):
    scores = study(sparsities=(50, 70, 90))
    scores = scores[(scores["setting"] == "monolingual") | (scores["sparsity"] != 70)]
    for axes in draw(number, scores).axes:
        lines = [line for line in axes.lines if line.get_linestyle() != ":"]
        assert lines
        for line in lines:
            monolingual = line.get_color() == style.SETTING_STYLES["monolingual"][0]
            assert list(line.get_xdata()) == ([0, 1, 2, 3] if monolingual else [0, 1, 3])
            assert np.isfinite(line.get_ydata()).all()


def test_the_figure_of_novelty_shows_dense_and_partial_models():
    figure = draw_table("novelty", table_of("whole"))
    assert [axes.get_title() for axes in figure.axes] == ["dense", "partial 50 %", "partial 90 %"]
    for axes in figure.axes:
        assert len(drawn(axes)) == 3
        for line in axes.lines:
            np.testing.assert_allclose(line.get_xdata(), [50, 50, 50])
            assert sorted(line.get_ydata()) == pytest.approx([0.2, 0.5, 0.5])
    assert [axes.get_title() for axes in draw_table("novelty", table_of("full only")).axes][1] == "full 50 %"


@pytest.fixture(scope="module")
def forty():
    """The table of intervals of all languages, sparsities, scopes and test sets, and the table of languages.

    Each language has an F1 and an overlap of its own.
    """
    random = np.random.default_rng(0)
    monolingual = [code for code, language in TABLE.items() if language.monolingual]
    scores = study(languages=tuple(TABLE), monolingual=monolingual, sparsities=(50, 70, 80, 90, 95, 98))
    f1 = {code: random.normal(1, 0.02) for code in TABLE}
    unseen = {code: random.normal(0.5, 0.05) for code in TABLE}
    scores = scores.assign(f1=scores["f1"] * scores["language"].map(f1), unseen_share=scores["language"].map(unseen))
    properties = [
        {code: getattr(language, column) for code, language in TABLE.items()}
        for column in ("train_size", "family", "script")
    ]
    groups = groups_of(*properties)
    return intervals_of(scores, groups, noise=0.05), groups


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [*range(1, 10), "languages", "novelty"])
def test_the_papers_study_fits_a_page_and_can_be_read(forty, number):
    figure = draw_table(number, *forty)
    assert_nothing_overlaps(figure)
    width, height = figure.get_size_inches()
    assert width <= 6.3 and height <= 9.7  # what ACL's style leaves for text
    assert smallest_letters(figure) >= 8
    if number == 9:
        (axes,) = figure.axes
        labels = boxes_of(axes.texts)
        assert len(labels) == 40
        assert not any(one.overlaps(other) for one, other in combinations(labels, 2))
        assert all(axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 for box in labels)


def test_labels_cover_neither_each_other_nor_points():
    # Three points in one place and one at the right edge of a frame of 100 × 50; labels of 10 × 8.
    points = np.array([[20.0, 25.0], [20.0, 25.0], [20.0, 25.0], [98.0, 25.0]])
    offsets = place_labels(points, np.full((4, 2), [10.0, 8.0]), np.array([0.0, 0.0, 100.0, 50.0]))
    assert offsets[0].tolist() == [9, 0]  # right of the point: 4 away, and half the label's width
    centres = points + offsets
    for one, other in combinations(centres, 2):
        assert (abs(one - other) >= [10, 8]).any()
    assert (centres >= [5, 4]).all() and (centres <= [95, 46]).all()
    for centre in centres:
        assert (abs(centre - points) >= [5, 4]).any(axis=1).all()


def test_no_line_to_a_label_crosses_another_label():
    points = np.random.default_rng(0).normal((225, 150), (40, 30), (40, 2))
    half = np.array([6.0, 5.0])
    offsets = place_labels(points, np.tile(2 * half, (40, 1)), np.array([0.0, 0.0, 450.0, 300.0]))
    assert (np.hypot(*offsets.T) > 20).sum() > 5  # the cluster is so close that some have lines
    for one, other in combinations(range(40), 2):
        apart = abs(points[one] + offsets[one] - points[other] - offsets[other])
        assert (apart >= 2 * half - 1e-9).any()
    for place, offset in zip(points, offsets, strict=True):
        on_line = place + np.linspace(0, 1, 200)[:, None] * offset
        for label in points + offsets:
            if (label != place + offset).any():
                assert (abs(on_line - label) > half - 2).any(axis=1).all()  # a line may touch a corner


DRAW_ALL = """
import sys
import figure
from ner_pruning.terms import Provenance
intervals, groups, folder = sys.argv[1:]
for name in ("figure-3", "figure-7", "figure-9", "languages", "novelty"):
    outputs = [f"{folder}/{name}.{suffix}" for suffix in ("pdf", "png", "svg")]
    figure.main(name, intervals, groups, Provenance("small", True), outputs)
"""


def test_the_same_scores_give_the_same_bytes(tmp_path):
    write_intervals(tmp_path / "intervals.parquet", intervals_of(study(), GROUPS, noise=0.05))
    write_frame(tmp_path / "groups.csv", GROUPS.reset_index())
    # Another process has another hash seed, time and memory layout.
    for folder in ("a", "b"):
        inputs = tmp_path / "intervals.parquet", tmp_path / "groups.csv"
        call = [sys.executable, "-c", DRAW_ALL, *inputs, tmp_path / folder]
        printed = subprocess.run(call, cwd=SCRIPTS, check=True, capture_output=True, text=True).stdout
        assert "in-family" in printed and "Niger-Congo" in printed  # the numbers behind figures go to the log
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(files) == 15
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert "<text" not in (tmp_path / "a" / "figure-9.svg").read_text()  # paths look the same without the font
