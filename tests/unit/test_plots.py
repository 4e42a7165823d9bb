"""Figures 1-3: what they draw, in studies of every kind, and that their bytes do not change."""

import subprocess
import sys
from itertools import product
from pathlib import Path

import figure as figure_script
import numpy as np
import pandas as pd
import pytest
from compression import plots
from compression.files import InputError, write_json
from matplotlib.backends.backend_agg import FigureCanvasAgg

SCRIPTS = Path(plots.__file__).parents[1]
SIZES = {"en": 20000, "de": 20000, "yo": 100}
PERTURBATIONS = ("in-language", "in-script", "in-family")


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
    """Scores in which F1 falls linearly with sparsity, and a perturbation halves it."""
    rows = []
    variants = [("", 0), *product(scopes, sparsities)]
    for language, seed, (scope, sparsity) in product(languages, seeds, variants):
        for setting in ["monolingual"] * (language in monolingual) + ["multilingual"] * multilingual:
            for test_set in ("regular", *perturbations):
                value = f1 * (1 - sparsity / 100) * (1 if test_set == "regular" else 0.5)
                rows.append((setting, scope, sparsity, seed, language, test_set, value))
    frame = pd.DataFrame(rows, columns=["setting", "scope", "sparsity", "seed", "language", "test_set", "f1"])
    return frame.assign(chance_floor=0.04, changed_share=0.9, unseen_share=0.5)


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
    "eleven sparsities": {"sparsities": (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)},
}


def scores_of(name):
    scores = study(**STUDIES[name])
    if name == "no common language":
        scores = scores[(scores["setting"] == "monolingual") == (scores["language"] == "en")]
    return scores


def drawn(axes):
    """Return the values of all lines of a panel, without the dotted and dashed reference lines."""
    return [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines if line.get_linestyle() == "-"]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("name", STUDIES)
def test_every_panel_of_every_study_holds_a_point_or_says_why_not(name, number):
    figure, _ = plots.draw_figure(number, scores_of(name), SIZES, "small", demo=True)
    assert figure.axes
    for axes in figure.axes:
        points = np.concatenate(drawn(axes))
        assert np.isfinite(points).any() or any("no language has" in text.get_text() for text in axes.texts)
    title = figure.get_suptitle()
    assert "demo on synthetic text" in title and "seed" in title and "language" in title
    # Nothing lies outside the page, and the legend covers no panel.
    FigureCanvasAgg(figure).draw()
    page, legend = figure.bbox, figure.legends[0].get_window_extent()
    panels = [axes.get_tightbbox() for axes in figure.axes]
    for box in (figure._suptitle.get_window_extent(), legend, *panels):
        assert box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1 and box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1
    assert not any(legend.overlaps(panel) for panel in panels)


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
    figure, _ = plots.draw_figure(number, scores_of(name), SIZES, "small", demo=False)
    assert [axes.get_title() for axes in figure.axes] == titles
    assert "demo" not in figure.get_suptitle()


def test_figure_1_draws_the_means_and_names_what_is_behind_them():
    figure, _ = plots.draw_figure(1, study(), SIZES, "small", demo=False)
    regular, perturbed = figure.axes[:2]
    for line in drawn(regular):
        np.testing.assert_allclose(line, [0.8, 0.4, 0.08])
    for line in drawn(perturbed):
        np.testing.assert_allclose(line, [0.4, 0.2, 0.04])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "monolingual",
        "multilingual",
        "chance floor",
    ]
    title = figure.get_suptitle().replace("\n", " ").replace("\xa0", " ")
    assert "mean over 2 languages in both settings, 2 seeds" in title


def test_figure_2_draws_relative_differences_by_size():
    figure, _ = plots.draw_figure(2, study(), SIZES, "small", demo=False)
    for axes in figure.axes:
        for line in drawn(axes):
            np.testing.assert_allclose(line, [-0.5, -0.9])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(labels) == ["100 (n=1)", "20000 (n=2)", "dense"]


def test_figure_3_draws_fractions_and_counts_languages():
    scores = study()
    scores = scores[~((scores["test_set"] == "in-family") & (scores["language"] == "yo"))]
    figure, _ = plots.draw_figure(3, scores, SIZES, "small", demo=False)
    for axes in figure.axes:
        for line in drawn(axes):
            np.testing.assert_allclose(line, [0.5, 0.5, 0.5])
    labels = {text.get_text() for text in figure.legends[0].get_texts()}
    assert labels == {"in-language (n=3)", "in-script (n=3)", "in-family (n=2)", "chance floor / regular"}


@pytest.mark.parametrize("number", [2, 3])
def test_a_study_without_multilingual_models_says_so(number):
    figure, _ = plots.draw_figure(number, scores_of("no multilingual"), SIZES, "small", demo=False)
    assert "monolingual" in figure.get_suptitle()


def test_colours_stay_with_their_setting():
    both, _ = plots.draw_figure(1, study(), SIZES, "small", demo=False)
    alone, _ = plots.draw_figure(1, scores_of("no monolingual"), SIZES, "small", demo=False)
    assert both.axes[0].lines[1].get_color() == alone.axes[0].lines[0].get_color()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="no sparse multilingual model"):
        plots.draw_figure(2, study(sparsities=()), SIZES, "small", demo=False)
    with pytest.raises(InputError, match="no row of a multilingual model on a perturbed test set"):
        plots.draw_figure(3, study(perturbations=()), SIZES, "small", demo=False)
    plots.draw_figure(1, study(sparsities=(), perturbations=()), SIZES, "small", demo=False)


def test_letters_are_at_least_8_points_at_the_width_of_a_column():
    figure, _ = plots.draw_figure(1, study(sparsities=(50, 70, 80, 90, 95, 98)), SIZES, "small", demo=False)
    assert figure.get_figwidth() == plots.COLUMN_WIDTH
    axes = figure.axes[0]
    texts = [axes.title, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels(), figure._suptitle]
    assert min(text.get_fontsize() for text in [*texts, *figure.legends[0].get_texts()]) >= 8


def test_the_same_scores_give_the_same_bytes(tmp_path, capsys):
    scores = tmp_path / "scores.parquet"
    study().to_parquet(scores)
    cards = {code: str(tmp_path / f"{code}.json") for code in SIZES}
    for code, path in cards.items():
        write_json(path, {"splits": {"train": {"sentences": SIZES[code]}}})
    figure_script.main(scores, 3, cards, [100, 20000], "small", True, tmp_path / "a.pdf", tmp_path / "a.png")
    assert "in-family" in capsys.readouterr().out  # the numbers behind the figure go to the log
    # Another process has another hash seed, time and memory layout.
    call = f"import sys, figure; figure.main(sys.argv[1], 3, {cards}, [100, 20000], 'small', True, *sys.argv[2:])"
    subprocess.run(
        [sys.executable, "-c", call, scores, tmp_path / "b.pdf", tmp_path / "b.png"], cwd=SCRIPTS, check=True
    )
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
