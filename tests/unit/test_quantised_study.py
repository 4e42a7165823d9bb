"""A study with models in int8, on made-up predictions: the paper's part is as without, and each has its base beside."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from ner_pruning.claims.own_claims import own_claims
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.claims.statistics import method_difference
from ner_pruning.data.language_groups import groupings
from ner_pruning.figures.paper_figures import draw_figure
from ner_pruning.planning.power import PlannedLanguage, claims_power
from ner_pruning.report.calibration_table import calibration_table
from ner_pruning.report.explored_scores import line_rows, seed_rows
from ner_pruning.report.method_table import compare_methods, method_table
from ner_pruning.scoring.confidence import confidence_counts
from ner_pruning.scoring.f1 import score
from ner_pruning.scoring.score_table import FLOOR_COLUMNS
from ner_pruning.statistics.bootstrap import resample
from ner_pruning.statistics.calibration import measure_calibration
from ner_pruning.statistics.interval_table import MEAN, by_language, intervals_table, of_the_paper, select
from ner_pruning.statistics.intervals import Cells, estimate
from ner_pruning.study.contents import METHODS_FIGURE
from ner_pruning.terms import IN_LANGUAGE, REGULAR, Cell, Provenance, Run, variant_name
from small_scores import groups_of

LANGUAGES = ["yo", "hi", "sw"]
SIZES = dict.fromkeys(LANGUAGES, 100)
GROUPS = groups_of(SIZES, families=dict(zip(LANGUAGES, "aab", strict=True)), scripts=dict.fromkeys(LANGUAGES, "Latin"))
TEST_SETS = [REGULAR, IN_LANGUAGE]
PLAIN = ["dense", "partial-50", "partial-90", "full-50", "full-90", "partial-50-random", "partial-90-random"]
INT8 = ["dense-int8", "partial-50-int8", "partial-90-int8"]
OF_RANDOM_TRAINED = ["partial-50-random", "partial-90-random"]
OF_RANDOM = [f"{variant}-int8" for variant in OF_RANDOM_TRAINED]
SMALL = Provenance("small", False, "x")
TAGS = [[0, 1, 2, 0], [3, 0]] * 30


def random_of(*key) -> np.random.Generator:
    return np.random.default_rng([*hashlib.sha256(" ".join(map(str, key)).encode()).digest()[:8]])


def predicted(run: Run, language: str, test_set: str) -> list[list[int]]:
    """A model in int8 misses, beside what its base does, a mention in thirty."""
    base = run._replace(variant=run.variant.removesuffix("-int8"))
    recall = 0.9 - run.sparsity / 150 - TEST_SETS.index(test_set) / 5 - 0.2 * (base.method == "random")
    found = random_of(base, language, test_set).random(len(TAGS)) < recall
    if run.quantised:
        found &= random_of(run, language, test_set).random(len(TAGS)) < 29 / 30
    return [own if each else [0] * len(own) for own, each in zip(TAGS, found, strict=True)]


def make(quantised: dict[str, list[str]], plain=PLAIN, languages=LANGUAGES):
    """Return scores, runs, counts, and cells; quantised: variants in int8 by language."""
    runs = [Run(name, variant, seed) for name in languages for variant in plain for seed in (1, 2)]
    runs += [
        Run(name, variant, seed) for name, variants in quantised.items() for variant in variants for seed in (1, 2)
    ]
    rows, counts = [], []
    for run in runs:
        counts.append({})
        for test_set in TEST_SETS:
            tags = predicted(run, run.training_set, test_set)
            found = [int(own == other) for own, other in zip(TAGS, tags, strict=True)]
            counts[-1][test_set, run.training_set] = np.array([[each, each, 1] for each in found], dtype=np.int32)
            row = {"setting": run.setting, "scope": run.scope, "sparsity": run.sparsity, **run._asdict()}
            floor = dict.fromkeys(FLOOR_COLUMNS, 0.05) | {"changed_share": 1.0, "unseen_share": 0.5}
            rows.append(row | {"language": run.training_set, "test_set": test_set, **score(TAGS, tags), **floor})
    floors = {(language, test_set): 0.05 for language in languages for test_set in TEST_SETS}
    return pd.DataFrame(rows), runs, counts, Cells(resample(runs, counts, seed=0, resamples=1500), floors)


@pytest.fixture(scope="module")
def plain():
    return make({})


@pytest.fixture(scope="module")
def rich():
    return make(dict.fromkeys(LANGUAGES, INT8))


@pytest.fixture(scope="module")
def richer():
    """With those of another method in int8, too."""
    return make(dict.fromkeys(LANGUAGES, [*INT8, *OF_RANDOM]))


@pytest.fixture(scope="module")
def table(rich):
    return intervals_table(rich[3], groupings(GROUPS), rich[0])


@pytest.fixture(scope="module")
def compared(table):
    return compare_methods(table).set_index(["matrices", "test_set", "sparsity", "method"])


def mean_f1(scores, variant, test_set=REGULAR, languages=LANGUAGES):
    rows = scores[(scores["variant"] == variant) & (scores["test_set"] == test_set)]
    return rows.groupby("language")["f1"].mean().loc[languages].mean()


def test_the_replicates_of_all_other_models_are_the_same(plain, rich):
    """Those of other methods too, whose variance between seeds is that of all models: none in int8 is one more."""
    for cell in plain[3].kinds():
        assert np.array_equal(rich[3].f1(cell, LANGUAGES), plain[3].f1(cell, LANGUAGES)), cell
    assert {cell.scope for cell in rich[3].kinds()} - {cell.scope for cell in plain[3].kinds()} == {
        *("dense-int8", "partial-int8"),
    }


def test_what_is_about_the_paper_is_the_same(plain, table):
    expected = intervals_table(plain[3], groupings(GROUPS), plain[0])
    pd.testing.assert_frame_equal(of_the_paper(table), of_the_paper(expected), check_exact=True)


def test_the_planned_claims_but_that_on_int8_are_the_same(plain, rich):
    languages = {name: PlannedLanguage(100, 100, TEST_SETS, "a", "Latin") for name in LANGUAGES}
    sets = {name: [name] for name in LANGUAGES}
    one, other = (claims_power(runs, sets, languages) for runs in (plain[1], rich[1]))
    assert one[:-1] == other[:-1]
    assert (one[-1]["claim"], one[-1]["planned"], other[-1]["planned"]) == ("own 5", 0, 6)


def test_a_model_in_int8_that_predicts_the_same_differs_by_nothing_in_any_replicate():
    """Seeds move it as they do the model that was trained, also where its F1 is 0."""
    variants = ["dense", "partial-90", "dense-int8", "partial-90-int8"]
    runs = [Run("yo", variant, seed) for variant in variants for seed in (1, 2)]
    random = np.random.default_rng(0)
    counts = []
    for run in runs[:4]:
        right = (random.random(50) < 0.6) * (run.sparsity == 0)
        counts.append({(REGULAR, "yo"): np.stack([right, np.ones(50), np.ones(50)], axis=1).astype(np.int32)})
    cells = Cells(resample(runs, [*counts, *counts], seed=0, resamples=1100))
    for scope, sparsity in (("", 0), ("partial", 90)):
        base = Cell("monolingual", REGULAR, scope, sparsity)
        quantised = base._replace(scope=f"{scope or 'dense'}-int8")
        assert np.array_equal(cells.f1(base, ["yo"]), cells.f1(quantised, ["yo"]))
        assert cells.f1(base, ["yo"]).std() > 0


@pytest.mark.parametrize("scopes", [["partial"], ["partial-random"]])
def test_models_in_int8_of_one_seed_are_compared_with_the_trained_ones_of_that_seed(scopes):
    """Three seeds whose F1 are far apart; the first is in int8 too, and has the same tags."""
    random = np.random.default_rng(0)
    pruned = variant_name(*scopes, 50)
    runs = [Run("yo", variant, seed) for variant in ("dense", pruned) for seed in (1, 2, 3)]
    counts = []
    for run in runs:
        right = random.random(500) < {1: 0.5, 2: 0.8, 3: 0.9}[run.seed]
        counts.append({(REGULAR, "yo"): np.stack([right, np.ones(500), np.ones(500)], axis=1).astype(np.int32)})
    quantised = [Run("yo", variant, 1) for variant in ("dense-int8", f"{pruned}-int8")]
    cells = Cells(resample([*runs, *quantised], [*counts, counts[0], counts[3]], seed=0, resamples=1100))
    base = Cells(resample(runs, counts, seed=0, resamples=1100))
    scores = make(dict.fromkeys(["yo"], INT8), languages=["yo"])[0]
    rows = select(intervals_table(cells, {}, scores), statistic="method_gain", language=["yo", MEAN], group="")
    assert set(rows["scope"]) == {"dense-int8", *(f"{scope}-int8" for scope in scopes)} and len(rows) > 4
    assert not rows[["estimate", "low", "high"]].to_numpy().any()
    assert set(rows["seeds"]) == {1}
    for cell in base.kinds():
        assert np.array_equal(cells.f1(cell, ["yo"]), base.f1(cell, ["yo"]))
    assert cells.of(["yo"]).f1_as_trained(Cell("monolingual", REGULAR, f"{scopes[0]}-int8", 50), ["yo"])[0, 0] < 0.6
    measured = method_difference(Cell("monolingual", REGULAR, "dense-int8", 0), Cell("monolingual", REGULAR, "", 0))
    assert not measured(cells).values.any()


def test_each_is_compared_with_the_model_as_it_was_trained(rich, compared):
    for test_set in TEST_SETS:
        for sparsity, base in ((0, "dense"), (50, "partial-50"), (90, "partial-90")):
            row = compared.loc["partial", test_set, sparsity, "int8"]
            f1, trained = (mean_f1(rich[0], variant, test_set) for variant in (f"{base}-int8", base))
            assert row["f1"] == pytest.approx(f1, abs=1e-12)
            assert row["gain"] == pytest.approx(f1 - trained, abs=1e-12) and row["gain"] < 0
            assert row["gain_low"] < row["gain"] < row["gain_high"]
            assert row["gain_high"] - row["gain_low"] < 0.5 * (row["f1_high"] - row["f1_low"])  # paired
            assert (row["languages"], row["seeds"]) == (3, 2)
    assert compared.loc["partial", REGULAR, 0, "dense"]["f1"] == pytest.approx(mean_f1(rich[0], "dense"), abs=1e-12)
    assert np.isnan(compared.loc["partial", REGULAR, 0, "dense"]["gain"])
    assert {place[0] for place in compared.index} == {"partial"}  # full has no other method than the paper's
    assert not compared.index.duplicated().any()


def test_the_interval_of_a_language_is_that_of_paired_replicates(rich, table):
    rows = by_language(select(table, statistic="method_gain", test_set=REGULAR, scope=["dense-int8"]))
    pair = [rich[3].f1(Cell("monolingual", REGULAR, scope, 0), LANGUAGES) for scope in ("dense-int8", "")]
    for row, values in zip(rows.to_dict("records"), pair[0] - pair[1], strict=True):
        expected = estimate(values)
        assert (row["estimate"], row["low"], row["high"]) == pytest.approx(
            (expected.value, expected.low, expected.high)
        )


def test_a_line_in_int8_begins_with_the_dense_model_in_int8(rich, table):
    rows = select(table, statistic="f1", scope="partial-int8", sparsity=0, language=MEAN, group="", test_set=REGULAR)
    assert rows["estimate"].tolist() == pytest.approx([mean_f1(rich[0], "dense-int8")])
    rows = select(table, statistic="difference", scope="partial-int8", sparsity=50, language="yo", test_set=REGULAR)
    expected = [mean_f1(rich[0], variant, languages=["yo"]) for variant in ("partial-50-int8", "dense-int8")]
    assert rows["estimate"].tolist() == pytest.approx([expected[0] - expected[1]])
    correlated = table[table["statistic"].str.startswith("overlap")]
    assert set(correlated["scope"]) == {""}


def test_the_table_of_methods_says_what_the_difference_is_from(table):
    text = method_table(compare_methods(table), SMALL).markdown()
    assert "the difference is to the same models as they were trained (docs/quantisation.md)" in text
    rows = [line.split("|") for line in text.splitlines() if "| int8 " in line]
    assert [row[3].strip() for row in rows] == ["0", "50", "90"] * 2 and all("−0." in row[6] for row in rows)


def test_the_figure_of_methods_has_their_line(table):
    figure, shown = draw_figure(METHODS_FIGURE, table, GROUPS, SMALL)
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["gradual magnitude", "gradual random", "int8", "chance floor"]
    expected = select(shown, statistic="f1", test_set=REGULAR, method="int8").sort_values("sparsity")
    assert expected["sparsity"].tolist() == [0, 50, 90] and len(figure.axes) == 2
    lines = [line for line in figure.axes[0].lines if line.get_marker() != "None"]
    assert any(np.allclose(line.get_ydata(), expected["estimate"]) for line in lines)


def test_those_of_another_method_are_compared_with_the_models_of_that_method(rich, table, richer):
    intervals = intervals_table(richer[3], groupings(GROUPS), richer[0])
    frame = compare_methods(intervals)
    rows = frame.set_index(["test_set", "sparsity", "method"])
    for test_set in TEST_SETS:
        for sparsity in (50, 90):
            row, variant = rows.loc[test_set, sparsity, "random-int8"], f"partial-{sparsity}-random"
            f1, trained = (mean_f1(richer[0], name, test_set) for name in (f"{variant}-int8", variant))
            assert row["f1"] == pytest.approx(f1, abs=1e-12) and row["gain"] == pytest.approx(f1 - trained, abs=1e-12)
            assert row["gain_high"] - row["gain_low"] < 0.5 * (row["f1_high"] - row["f1_low"])  # paired
        assert rows.loc[test_set, 50, "random-int8"]["gain"] < 0
    others = frame[frame["method"] != "random-int8"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, compare_methods(table), check_exact=True)
    assert "gradual random, int8" in method_table(frame, SMALL).markdown()

    figure, shown = draw_figure(METHODS_FIGURE, intervals, GROUPS, SMALL)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["gradual magnitude", "gradual random", "int8", "gradual random, int8", "chance floor"]
    expected = select(shown, statistic="f1", test_set=REGULAR, scope="partial-random-int8").sort_values("sparsity")
    assert expected["estimate"].tolist() == pytest.approx([mean_f1(richer[0], name) for name in [INT8[0], *OF_RANDOM]])
    lines = [line for line in figure.axes[0].lines if line.get_marker() != "None"]
    dashed = [line for line in lines if line.get_linestyle() == "--"]
    assert len(dashed) == 2 and any(np.allclose(line.get_ydata(), expected["estimate"]) for line in dashed)

    parts = {}
    for name, cells in (("rich", rich[3]), ("richer", richer[3])):
        (claim,) = [each for each in own_claims(Evidence(cells, SIZES, {}, {}, {}, {})) if each.number == "own 5"]
        parts[name] = {part.text: part.statistic(part.tested_on(cells)).values[0] for part in claim.parts}
    more = {text: value for text, value in parts["richer"].items() if text not in parts["rich"]}
    for test_set in TEST_SETS:
        for sparsity in (50, 90):
            text = f"monolingual, partial-{sparsity}-random, {test_set}: F1 in int8 - as trained"
            assert more.pop(text) == pytest.approx(rows.loc[test_set, sparsity, "random-int8"]["gain"])
    assert not more


def test_int8_of_another_method_alone_is_in_the_legend_alone():
    scores, _, _, cells = make(dict.fromkeys(LANGUAGES, ["dense-int8", *OF_RANDOM]), ["dense", *OF_RANDOM_TRAINED])
    figure, _ = draw_figure(METHODS_FIGURE, intervals_table(cells, groupings(GROUPS), scores), GROUPS, SMALL)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["gradual random", "gradual random, int8", "chance floor"]


def test_the_dense_model_in_int8_has_one_place_in_the_figure(richer):
    intervals = intervals_table(richer[3], groupings(GROUPS), richer[0])
    figure, _ = draw_figure(METHODS_FIGURE, intervals, GROUPS, SMALL)
    lines = [line for line in figure.axes[0].lines if line.get_marker() != "None"]
    for style in ("--", "-"):
        own = [line for line in lines if line.get_linestyle() == style]
        assert len(own) == 2 and own[0].get_xdata()[0] == own[1].get_xdata()[0], style


@pytest.mark.parametrize("plain", [["dense"], ["dense", "full-50"]])
def test_dense_models_alone_in_int8_stand_in_a_block_of_their_own(plain):
    scores, _, _, cells = make(dict.fromkeys(LANGUAGES, ["dense-int8"]), plain)
    intervals = intervals_table(cells, groupings(GROUPS), scores)
    frame = compare_methods(intervals)
    places = frame[["matrices", "test_set", "sparsity", "method"]].values.tolist()
    assert places == [["dense", test_set, 0, method] for test_set in TEST_SETS for method in ("dense", "int8")]
    expected = [mean_f1(scores, "dense-int8", test_set) - mean_f1(scores, "dense", test_set) for test_set in TEST_SETS]
    assert frame["gain"].dropna().tolist() == pytest.approx(expected)
    lines = line_rows(intervals, {name: name for name in LANGUAGES})
    of_yo = lines[(lines["of"] == "yo (yo)") & (lines["test_set"] == REGULAR)]
    assert {"dense-int8", "full" if "full-50" in plain else ""} == set(of_yo["scope"])


def test_a_language_without_them_has_no_part_in_the_comparison():
    scores, _, _, cells = make({"yo": INT8, "hi": ["dense-int8"]})
    frame = compare_methods(intervals_table(cells, groupings(GROUPS), scores))
    assert set(frame["languages"]) == {1} and set(frame["matrices"]) == {"partial"}
    row = frame[(frame["sparsity"] == 0) & (frame["method"] == "int8") & (frame["test_set"] == REGULAR)].iloc[0]
    assert row["f1"] == pytest.approx(mean_f1(scores, "dense-int8", languages=["yo"]))


def test_the_page_of_results_draws_their_lines_and_seeds(rich, table):
    names = {name: name for name in LANGUAGES}
    lines = line_rows(table, names)
    cell = ["setting", "test_set", "of", "scope", "sparsity"]
    assert not lines.duplicated(cell).any()
    of_yo = lines[(lines["of"] == "yo (yo)") & (lines["test_set"] == REGULAR)]
    assert set(of_yo["scope"]) == {"partial", "full", "partial-random", "partial-int8"}
    line = of_yo[of_yo["scope"] == "partial-int8"].sort_values("sparsity")
    expected = [mean_f1(rich[0], variant, languages=["yo"]) for variant in INT8]
    assert line["sparsity"].tolist() == [0, 50, 90] and line["f1"].tolist() == pytest.approx(expected, abs=1e-4)
    seeds = seed_rows(rich[0], lines, names)
    assert not seeds.duplicated([*cell, "seed"]).any()
    mean_of_seeds = seeds.groupby(cell)["f1"].mean()
    languages = lines[lines["kind"] == "language"].set_index(cell)["f1"]
    pd.testing.assert_series_equal(mean_of_seeds.sort_index(), languages.sort_index(), atol=2e-4, check_names=False)


def test_the_table_of_calibration_has_each_once(rich):
    runs = [run for run in rich[1] if run.training_set == "yo"]
    gold = [[1], [1], [0]] * 400
    sure = [[255], [51], [204]] * 400
    counts = [{(REGULAR, "yo"): confidence_counts(gold, [[1], [3], [0]] * 400, sure)} for _ in runs]
    frame = measure_calibration(runs, counts, seed=0)
    lines = calibration_table(frame, SMALL).markdown().splitlines()
    variants = [line.split("|")[3].strip() for line in lines if line.startswith("| monolingual")]
    assert sorted(variants) == sorted([*PLAIN, *INT8])
    begins = select(frame, language=MEAN, scope="partial-int8", sparsity=0)
    assert len(begins) == 4
