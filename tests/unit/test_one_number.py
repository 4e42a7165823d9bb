"""A number that is printed in two places is one: means of tables, figures, intervals and claims, in gappy studies."""

import io

import numpy as np
import pandas as pd
import pytest
from ner_pruning.claims.ledger import ledger, published_cells
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.data.language_groups import groupings
from ner_pruning.figures.paper_figures import FIGURES, draw_figure
from ner_pruning.report.f1_tables import f1_table
from ner_pruning.scoring.f1 import score
from ner_pruning.scoring.score_table import FLOOR_COLUMNS
from ner_pruning.statistics.bootstrap import resample
from ner_pruning.statistics.interval_table import MEAN, MEDIAN, by_group, intervals_table, select
from ner_pruning.statistics.intervals import Cells
from ner_pruning.study.contents import METHODS_FIGURE
from ner_pruning.terms import F1_TABLES, IN_LANGUAGE, IN_SCRIPT, REGULAR, Provenance, Run, parse_variant, variant_name
from small_scores import groups_of

LANGUAGES = ["af", "en", "hi", "sw", "te", "yo"]
SIZES = dict(zip(LANGUAGES, [5000, 20000, 5000, 1000, 1000, 100], strict=True))
FAMILIES = {
    "af": "Germanic",
    "en": "Germanic",
    "hi": "Indo-Aryan",
    "sw": "Niger-Congo",
    "te": "Dravidian",
    "yo": "Niger-Congo",
}
SCRIPTS = {"af": "Latin", "en": "Latin", "hi": "Devanagari", "sw": "Latin", "te": "Telugu", "yo": "Latin"}
TEST_SETS = [REGULAR, IN_LANGUAGE, IN_SCRIPT]
GRID = [("partial", 50), ("partial", 70), ("partial", 90), ("full", 50), ("full", 70)]
MISSING = {"sw": [("partial", 70)], "te": [("full", 50), ("full", 70)], "multilingual": [("partial", 90), ("full", 70)]}
"""Variants that a training set lacks: sw would have the means rise from 70 to 90 %, if each were over what it has."""

FLOOR = 0.05
UNSEEN = dict(zip(LANGUAGES, [0.3, 0.1, 0.5, 0.4, 0.7, 0.6], strict=True))


def tags_of(random: np.random.Generator, sentences: int) -> list[list[int]]:
    """Return gold tags of short sentences, each with a mention of one or two words."""
    return [
        [0] * int(random.integers(3)) + [int(random.choice([1, 3, 5]))] + [0] * int(random.integers(3))
        for _ in range(sentences)
    ]


@pytest.fixture(scope="module")
def study():
    """Return scores and cells of a study of two seeds, both counted from the same predictions."""
    return study_of(GRID)


def study_of(grid):
    random = np.random.default_rng(0)
    gold = {(language, test_set): tags_of(random, 60) for language in LANGUAGES for test_set in TEST_SETS}
    runs = [
        Run(training_set, variant, seed)
        for training_set in (*LANGUAGES, "multilingual")
        for variant in ("dense", *(variant_name(scope, sparsity) for scope, sparsity in grid))
        for seed in (1, 2)
        if parse_variant(variant) not in MISSING.get(training_set, [])
    ]
    rows, counts = [], []
    for run in runs:
        counts.append({})
        for language in LANGUAGES if run.setting == "multilingual" else [run.training_set]:
            for test_set in TEST_SETS:
                tags = gold[language, test_set]
                recall = (
                    (0.9 - run.sparsity / 150)
                    * (1 - LANGUAGES.index(language) / 20)
                    * (1 - TEST_SETS.index(test_set) / 9)
                )
                predicted = [sentence if random.random() < recall else [0] * len(sentence) for sentence in tags]
                found = [int(sentence == other) for sentence, other in zip(tags, predicted, strict=True)]
                counts[-1][test_set, language] = np.array([[each, each, 1] for each in found], dtype=np.int32)
                row = {"setting": run.setting, "scope": run.scope, "sparsity": run.sparsity, **run._asdict()}
                floor = dict.fromkeys(FLOOR_COLUMNS, FLOOR)
                floor |= {"changed_share": 1.0, "unseen_share": UNSEEN[language]}
                rows.append(row | {"language": language, "test_set": test_set, **score(tags, predicted), **floor})
    floors = {(language, test_set): FLOOR for language in LANGUAGES for test_set in TEST_SETS}
    return pd.DataFrame(rows), Cells(resample(runs, counts, seed=0, resamples=200), floors)


GROUPS = groups_of(SIZES, families=FAMILIES, scripts=SCRIPTS)
SETTINGS = ["monolingual", "multilingual"]
SMALL = Provenance("small", False, "x")


@pytest.fixture(scope="module")
def table(study):
    return intervals_table(study[1], groupings(GROUPS), study[0])


@pytest.fixture(scope="module")
def table_of(table):
    """Return a function: the table of intervals that has what a figure shows."""
    scores, cells = study_of([*GRID, ("partial-random", 50), ("partial-random", 70)])
    with_methods = intervals_table(cells, groupings(GROUPS), scores)
    return lambda figure: with_methods if figure == METHODS_FIGURE else table


@pytest.fixture(scope="module")
def means(table):
    """Return the means of the table of intervals by statistic, setting, test set, group, scope and sparsity."""
    rows = table[table["language"] == MEAN]
    return rows.set_index(["statistic", "setting", "test_set", "group", "scope", "sparsity"])["estimate"].sort_index()


def same(one: float, other: float) -> bool:
    return one == pytest.approx(other, abs=1e-12)


def line_of(scores: pd.DataFrame, setting: str, test_set: str, scope: str, languages=LANGUAGES) -> pd.DataFrame:
    """Return mean F1 over seeds, languages × sparsities, straight from the scores."""
    rows = scores[(scores["setting"] == setting) & (scores["test_set"] == test_set)]
    rows = rows[rows["scope"].isin([scope, ""]) & rows["language"].isin(languages)]
    return rows.pivot_table(index="language", columns="sparsity", values="f1", aggfunc="mean")


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("scope", ["partial", "full"])
@pytest.mark.parametrize("test_set", TEST_SETS)
def test_means_of_the_table_are_those_of_the_scores_of_whole_rows(study, means, setting, scope, test_set):
    """Of the languages that have all sparsities, means, differences and fractions of regular F1, by pandas."""
    whole = line_of(study[0], setting, test_set, scope).dropna()
    regular = line_of(study[0], setting, REGULAR, scope).dropna()
    assert len(whole) > 1
    assert means["f1", setting, test_set, "", scope].to_dict() == pytest.approx(whole.mean().to_dict(), abs=1e-12)
    sparse = whole.drop(columns=0)
    expected = {"difference": sparse.sub(whole[0], axis=0), "relative_difference": sparse.div(whole[0], axis=0) - 1}
    if test_set != REGULAR:
        expected |= {"fraction": whole / regular, "floor_fraction": FLOOR / regular}
    for statistic, values in expected.items():
        found = means[statistic, setting, test_set, "", scope].to_dict()
        assert found == pytest.approx(values.mean().to_dict(), abs=1e-12), statistic


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("grouping, groups", [("size", SIZES), ("family", FAMILIES), ("script", SCRIPTS)])
def test_means_of_groups_are_those_of_the_scores(study, table, setting, grouping, groups):
    rows = by_group(select(table, setting=setting, test_set=REGULAR, scope="partial"), grouping)
    assert set(rows["group"]) == set(groups.values())
    for group, of_group in rows.groupby("group"):
        languages = [language for language in LANGUAGES if groups[language] == group]
        line = line_of(study[0], setting, REGULAR, "partial", languages)
        whole = line.dropna() if len(line.dropna()) else line
        f1, relative = (
            select(of_group, statistic=name).set_index("sparsity")["estimate"].to_dict()
            for name in ("f1", "relative_difference")
        )
        present = line.columns[line.notna().any()]
        assert f1 == pytest.approx(whole.mean()[present].to_dict(), abs=1e-12)
        sparse = (whole.drop(columns=0).div(whole[0], axis=0) - 1).mean()
        assert relative == pytest.approx(sparse[present.drop(0)].to_dict(), abs=1e-12)


def test_a_gap_does_not_let_a_mean_rise(study, means):
    """Of monolingual partial models the means are without sw, at 0 %, 50 % and 90 % too."""
    rows = study[0][(study[0]["setting"] == "monolingual") & (study[0]["test_set"] == REGULAR)]
    by_hand = [
        rows[
            (rows["sparsity"] == sparsity)
            & (rows["scope"] == ("partial" if sparsity else ""))
            & (rows["language"] != "sw")
        ]
        .groupby("language")["f1"]
        .mean()
        .mean()
        for sparsity in (0, 50, 70, 90)
    ]
    assert means["f1", "monolingual", REGULAR, "", "partial"].tolist() == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("number", F1_TABLES)
def test_tables_print_what_the_table_of_intervals_has(study, table, means, number):
    setting, test_set, scope = F1_TABLES[number]
    printed = pd.read_csv(io.StringIO(f1_table(table, study[0], number, LANGUAGES, SMALL).csv()), index_col=0)
    expected = means["f1", setting, test_set, "", scope]
    assert [int(column) for column in printed if column.isdecimal()] == expected.index.tolist()
    for sparsity, value in expected.items():
        assert f"{printed.loc['means', str(sparsity)]:.4f}" == f"{value:.4f}"
    if test_set != REGULAR:
        assert printed.loc["means", "chance floor"] == printed.loc["means", "shuffle floor"] == FLOOR


def points_of(figure) -> list[float]:
    """Return the values of the lines of a figure that have markers."""
    lines = [line for axes in figure.axes for line in axes.lines if line.get_marker() not in ("", "None")]
    return sorted(float(y) for line in lines for y in np.asarray(line.get_ydata()) if np.isfinite(y))


@pytest.mark.parametrize("name", FIGURES)
def test_figures_draw_what_the_table_of_intervals_has(table_of, name):
    table = table_of(name)
    known = np.array(select(table, statistic=["f1", "relative_difference", "fraction"])["estimate"])
    points = points_of(draw_figure(name, table, GROUPS, SMALL)[0])
    assert points
    for point in points:
        assert point == 0 or np.nanmin(np.abs(known - point)) < 1e-12


def halved(table: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """Return the table of intervals with half of the estimate in some rows."""
    return table.assign(estimate=table["estimate"].where(~rows, table["estimate"] / 2))


@pytest.mark.parametrize("name", FIGURES)
def test_figures_compute_nothing_of_their_own(table_of, name):
    """Other values of the means that a figure draws move its points, other values of single languages none."""
    table = table_of(name)
    means = table["language"] == MEAN
    shown, other = (
        (means, ~means)
        if name in [METHODS_FIGURE, *(f"figure-{number}" for number in range(1, 9))]
        else (~means, means)
    )
    points, moved, kept = (
        points_of(draw_figure(name, frame, GROUPS, SMALL)[0])
        for frame in (table, halved(table, shown), halved(table, other))
    )
    assert sorted(np.array(points) / 2) == pytest.approx(moved, abs=1e-12)
    assert points == kept


def test_tables_compute_nothing_of_their_own(study, table):
    summaries = table["language"].isin([MEAN, MEDIAN])
    whole, other_means, other_languages = (
        f1_table(frame, study[0], 8, LANGUAGES, SMALL).rows.set_index("languages")
        for frame in (table, halved(table, summaries), halved(table, ~summaries))
    )
    columns = ["0", "50", "70", "90", "chance floor", "shuffle floor", "changed", "unseen"]
    rows = ["means", "medians"]
    assert (other_means.drop(rows) == whole.drop(rows)).all(axis=None)
    assert (other_languages.loc[rows] == whole.loc[rows]).all(axis=None)
    printed, half = (frame.loc[rows, columns].astype(float).to_numpy() for frame in (whole, other_means))
    assert half == pytest.approx(printed / 2, abs=1e-4)


@pytest.fixture(scope="module")
def parts(study):
    """Return the parts of the claims that are tested, by their text."""
    seen = {language: 1 - share for language, share in UNSEEN.items()}
    evidence = Evidence(study[1], SIZES, FAMILIES, SCRIPTS, seen, {})
    return ledger(evidence, published_cells([])).query("part > 0 and verdict != 'not tested'").set_index("text")


def test_the_statistics_of_claims_are_those_of_intervals(parts, means):
    """A dense model's mean is of no line in a claim: it is the one under the scope ""."""
    compared = 0
    for (statistic, setting, test_set, group, scope, sparsity), expected in means.items():
        if group or bool(scope) != bool(sparsity):
            continue
        variant = f"{scope}-{sparsity}" if sparsity else "dense"
        texts = {
            "multilingual_gain": f"{variant}, {test_set}: F1 multilingual - monolingual, mean over languages",
            "f1": f"{setting}, {variant}, {test_set}: F1 perturbed - 0.5 regular",
            "difference": f"{setting}, {variant}, {test_set}: F1 partial - dense",
        }
        text = texts.get(statistic)
        if text in parts.index and not (statistic == "difference" and scope == "full"):
            compared += 1
            if statistic == "f1":
                expected -= 0.5 * means["f1", setting, "regular", group, scope, sparsity]
            measured = parts.loc[[text], "measured"]  # a difference is a part of claims 7 and 8
            assert all(same(value, expected) for value in measured), text
    assert compared == 4 + 6 + 7  # gains, perturbed less half of regular, differences


def test_the_correlation_of_figure_9_is_that_of_claim_10(parts, table):
    (row,) = select(table, statistic="overlap_pearson", setting="multilingual").to_dict("records")
    claim = parts.loc["dense, regular: Pearson's r of F1 and share of test mentions seen in training"]
    for end, measured in (("estimate", "measured"), ("low", "low"), ("high", "high")):
        assert same(row[end], claim[measured])
    title = draw_figure("figure-9", table, GROUPS, SMALL)[0].get_suptitle().replace("\n", " ")
    assert f"{row['estimate']:.2f}".replace("-", "\N{MINUS SIGN}") in title
