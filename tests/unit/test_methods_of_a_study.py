"""A study with pruning methods, on made-up predictions: the paper's part is as without, and methods are compared."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from ner_pruning.claims.ledger import ledger, ledger_tables, published_cells
from ner_pruning.claims.paper_claims import Evidence
from ner_pruning.claims.paper_scores import read_published
from ner_pruning.data.language_groups import groupings
from ner_pruning.figures.paper_figures import FIGURES, draw_figure
from ner_pruning.figures.style import save_figure
from ner_pruning.files import InputError
from ner_pruning.planning.power import PlannedLanguage, claims_power
from ner_pruning.report.comparison import compare, published_table
from ner_pruning.report.f1_tables import f1_table
from ner_pruning.report.method_table import compare_methods, method_table
from ner_pruning.scoring.f1 import score
from ner_pruning.scoring.score_table import FLOOR_COLUMNS, without_mentions
from ner_pruning.statistics.bootstrap import resample
from ner_pruning.statistics.interval_table import by_language, intervals_table, of_the_paper, select
from ner_pruning.statistics.intervals import Cells, estimate
from ner_pruning.study.contents import METHODS_FIGURE
from ner_pruning.terms import F1_TABLES, IN_LANGUAGE, REGULAR, SCOPES, Cell, Provenance, Run, parse_variant
from small_scores import groups_of
from study_configs import ROOT

LANGUAGES = ["en", "hi", "sw", "yo"]
SIZES = dict(zip(LANGUAGES, [20000, 5000, 1000, 100], strict=True))
GROUPS = groups_of(SIZES, families=dict(zip(LANGUAGES, "abcc", strict=True)), scripts=dict.fromkeys(LANGUAGES, "Latin"))
TEST_SETS = [REGULAR, IN_LANGUAGE]
SETS = [*LANGUAGES, "multilingual"]
PAPER = ["dense", "partial-50", "partial-90", "full-50", "full-90"]
EVERYWHERE = ["partial-50-random", "partial-90-random"]
# Less than the whole: rewound models of but two languages, none of a sparsity that magnitude pruning has, 2:4 of one.
SOME = {"hi": ["partial-50-rewound", "partial-70-before"], "yo": ["partial-50-rewound", "partial-50-2to4"]}
EMBEDDINGS = {"yo": ["embeddings-50"]}
GOOD = {"random": -0.25, "rewound": 0.05, "before": -0.1, "2to4": 0.0}
FLOOR = 0.05
SMALL = Provenance("small", False, "x")


def random_of(*key) -> np.random.Generator:
    return np.random.default_rng([*hashlib.sha256(" ".join(map(str, key)).encode()).digest()[:8]])


def make(more: bool):
    """Return scores, runs and cells; predictions of a run are the same whatever other runs there are."""
    variants = {
        name: [*PAPER, *((*EVERYWHERE, *SOME.get(name, []), *EMBEDDINGS.get(name, [])) * more)] for name in SETS
    }
    runs = [Run(name, variant, seed) for name in SETS for variant in variants[name] for seed in (1, 2)]
    rows, counts = [], []
    for run in runs:
        counts.append({})
        for language in LANGUAGES if run.setting == "multilingual" else [run.training_set]:
            for test_set in TEST_SETS:
                tags = [[0, 1, 2, 0], [3, 0]] * 30
                recall = 0.9 - run.sparsity / 150 + GOOD.get(run.method, 0) - TEST_SETS.index(test_set) / 5
                drawn = random_of(run, language, test_set).random(len(tags))
                predicted = [own if p < recall else [0] * len(own) for own, p in zip(tags, drawn, strict=True)]
                found = [int(own == other) for own, other in zip(tags, predicted, strict=True)]
                counts[-1][test_set, language] = np.array([[each, each, 1] for each in found], dtype=np.int32)
                row = {"setting": run.setting, "scope": run.scope, "sparsity": run.sparsity, **run._asdict()}
                floor = dict.fromkeys(FLOOR_COLUMNS, FLOOR) | {
                    "changed_share": 1.0,
                    "unseen_share": SIZES[language] / 1e5,
                }
                rows.append(row | {"language": language, "test_set": test_set, **score(tags, predicted), **floor})
    floors = {(language, test_set): FLOOR for language in LANGUAGES for test_set in TEST_SETS}
    return pd.DataFrame(rows), runs, Cells(resample(runs, counts, seed=0, resamples=1500), floors)


@pytest.fixture(scope="module")
def plain():
    return make(more=False)


@pytest.fixture(scope="module")
def rich():
    return make(more=True)


@pytest.fixture(scope="module")
def tables(plain, rich):
    return [intervals_table(cells, groupings(GROUPS), scores) for scores, _, cells in (plain, rich)]


def test_there_are_more_rows_and_those_of_the_papers_models_are_the_same(tables):
    plain, rich = tables
    assert len(rich) > 1.5 * len(plain)
    pd.testing.assert_frame_equal(of_the_paper(rich), plain, check_exact=True)
    assert of_the_paper(plain) is plain


@pytest.mark.parametrize("number", F1_TABLES)
def test_tables_2_to_9_are_the_same(plain, rich, tables, number):
    texts = []
    for (scores, *_), table in zip((plain, rich), tables, strict=True):
        shown = f1_table(table, scores, number, LANGUAGES, SMALL)
        texts.append([shown.csv(), shown.markdown(), shown.latex(), shown.html()])
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", [name for name in FIGURES if name != METHODS_FIGURE] + ["groups-family"])
def test_the_papers_figures_are_the_same(tables, tmp_path, name):
    pictures = []
    for number, table in enumerate(tables):
        figure, shown = draw_figure(name, table, GROUPS, SMALL)
        save_figure(figure, tmp_path / f"{number}.svg")
        pictures.append(((tmp_path / f"{number}.svg").read_bytes(), shown.reset_index(drop=True)))
    assert pictures[0][0] == pictures[1][0]
    pd.testing.assert_frame_equal(pictures[0][1], pictures[1][1], check_exact=True)


def test_the_claims_are_the_same(plain, rich):
    published = published_cells(read_published(ROOT / "resources" / "paper_f1.csv"))
    texts = []
    for scores, _, cells in (plain, rich):
        own = cells.of_the_paper()
        of_groups = groupings(GROUPS)
        evidence = Evidence(
            cells=own,
            train_sizes=of_groups["size"],
            families=of_groups["family"],
            scripts=of_groups["script"],
            seen_shares={language: 1 - SIZES[language] / 1e5 for language in LANGUAGES},
            floors={(language, REGULAR): FLOOR for language in LANGUAGES},
            reference={},
            equal_languages=["en"],
            at_equal_budget=own.of(["en"]),
        )
        frame = ledger(evidence, published)
        texts.append(
            (frame.to_csv(), "".join(t.markdown() for t in ledger_tables(frame, SMALL, without_mentions(scores))))
        )
    assert texts[0] == texts[1]


def test_the_comparison_with_the_published_cells_is_the_same(tables):
    published = read_published(ROOT / "resources" / "paper_f1.csv")
    one, other = (published_table(compare(published, table), SMALL).markdown() for table in tables)
    assert one == other


def test_the_planned_claims_of_the_paper_are_the_same(plain, rich):
    languages = {code: PlannedLanguage(100, 500, tuple(TEST_SETS), "a family", "a script") for code in LANGUAGES}
    sets = {name: LANGUAGES if name == "multilingual" else [name] for name in SETS}
    one, other = (claims_power(runs, sets, languages) for runs in (plain[1], rich[1]))
    assert one[:-4] == other[:-4] and one[-5]["claim"] == "own 1"
    assert [row["planned"] for row in one[-4:]] == [0] * 4
    assert one[-4:] != other[-4:]  # our own, on methods


# The methods


@pytest.fixture(scope="module")
def compared(tables):
    return compare_methods(tables[1]).set_index(["setting", "matrices", "test_set", "sparsity", "method"])


def mean_f1(scores, variant, languages, test_set, setting):
    """Straight from the scores: the mean over languages of the mean over seeds."""
    rows = scores[(scores["variant"] == variant) & (scores["test_set"] == test_set) & (scores["setting"] == setting)]
    by_language = rows.groupby("language")["f1"].mean()
    return by_language.loc[languages].mean()


def test_multilingual_methods_are_compared_over_all_languages(rich, compared):
    for test_set in TEST_SETS:
        for sparsity in (50, 90):
            row = compared.loc["multilingual", "partial", test_set, sparsity, "random"]
            random, magnitude = (
                mean_f1(rich[0], f"partial-{sparsity}{end}", LANGUAGES, test_set, "multilingual")
                for end in ("-random", "")
            )
            assert row["f1"] == pytest.approx(random, abs=1e-12)
            assert row["gain"] == pytest.approx(random - magnitude, abs=1e-12)
            assert (row["languages"], row["seeds"]) == (4, 2)
            assert row["gain_high"] < 0 and row["p_value"] < 0.01  # a quarter of the mentions less
    dense = compared.loc["multilingual", "partial", REGULAR, 0, "dense"]
    assert dense["f1"] == pytest.approx(mean_f1(rich[0], "dense", LANGUAGES, REGULAR, "multilingual"), abs=1e-12)
    assert np.isnan(dense["gain"])
    assert ("multilingual", "full") not in {place[:2] for place in compared.index}  # magnitude alone


def test_monolingual_methods_are_compared_over_the_languages_that_have_them_all():
    """hi has no 2:4 and yo no one-shot model, so no language has them all; without these, hi and yo do."""
    some = {"hi": ["partial-50-rewound"], "yo": ["partial-50-rewound"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "SOME", some)
        scores, _, cells = make(more=True)
    frame = compare_methods(intervals_table(cells, {}, scores)).set_index(
        ["setting", "matrices", "test_set", "sparsity", "method"]
    )
    for method, end in (("magnitude", ""), ("random", "-random"), ("rewound", "-rewound")):
        row = frame.loc["monolingual", "partial", REGULAR, 50, method]
        assert row["languages"] == 2
        assert row["f1"] == pytest.approx(mean_f1(scores, f"partial-50{end}", ["hi", "yo"], REGULAR, "monolingual"))
    assert frame.loc["monolingual", "embeddings", REGULAR, 50, "magnitude"]["languages"] == 1
    assert frame.loc["monolingual", "partial", REGULAR, 0, "dense"]["languages"] == 2


def test_where_no_language_has_them_all_each_value_says_over_how_many_it_is(compared):
    place = ("monolingual", "partial", REGULAR, 50)
    assert [compared.loc[(*place, name)]["languages"] for name in ("magnitude", "random", "rewound", "2to4")] == [
        4,
        4,
        2,
        1,
    ]


def test_the_interval_of_a_difference_is_that_of_paired_replicates(rich, tables):
    """By hand from the replicates: of a language, and of the mean."""
    cells = rich[2]
    random, magnitude = (Cell("multilingual", REGULAR, scope, 50) for scope in ("partial-random", "partial"))
    pairs = cells.f1(random, LANGUAGES) - cells.f1(magnitude, LANGUAGES)
    rows = select(tables[1], statistic="method_gain", setting="multilingual", test_set=REGULAR, scope="partial-random")
    rows = rows[rows["sparsity"] == 50]
    of_languages = by_language(rows).set_index("language")
    for language, values in zip(LANGUAGES, pairs, strict=True):
        expected = estimate(values)
        found = of_languages.loc[language]
        assert (found["estimate"], found["low"], found["high"]) == pytest.approx(
            (expected.value, expected.low, expected.high)
        )
    expected = estimate(pairs.mean(axis=0))
    (mean,) = rows[rows["group"] == "every method multilingual partial"].to_dict("records")
    assert (mean["estimate"], mean["low"], mean["high"]) == pytest.approx((expected.value, expected.low, expected.high))
    # The same sentences are drawn for both, so the interval is narrower than that of unrelated ones would be.
    apart = np.hypot(*(np.std(cells.f1(cell, LANGUAGES).mean(axis=0)) for cell in (random, magnitude)))
    assert np.std(pairs.mean(axis=0)) < 1.1 * apart


def test_a_method_has_no_difference_where_magnitude_has_no_such_model(tables, compared):
    assert np.isnan(compared.loc["monolingual", "partial", REGULAR, 70, "before"]["gain"])
    gains = select(tables[1], statistic="method_gain")
    assert set(gains["scope"]) == {"partial-random", "partial-rewound", "partial-2to4"}
    assert not select(tables[0], statistic="method_gain").size


def test_the_table_of_methods_in_words(tables):
    table = method_table(compare_methods(tables[1]), SMALL)
    text = table.markdown()
    assert "**Methods: F1 by pruning method, and its difference to gradual magnitude pruning**" in text
    assert "Mean over 1–4 languages" in text and "2 seeds." in text
    assert "| setting " in text and "| rewound " in text and "| 2:4 " in text
    (row,) = (
        line
        for line in text.splitlines()
        if "multilingual" in line
        and "regular" in line
        and "gradual random" in line
        and "| 50 " in line.replace("         50", " 50")
    )
    assert "−0." in row and "[" in row
    assert "Where no language has them all, rows are of different ones: see languages." in text
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    of_place = [line for line in lines if line[:4] == ["monolingual", "partial", "regular", "50"]]
    assert lines[0][-1] == "languages" and [line[-1] for line in of_place] == ["4", "4", "2", "1"]
    header, first, *_ = table.csv().splitlines()
    assert header == (
        "setting,scope,test set,sparsity,method,f1,f1 low,f1 high,gain,gain low,gain high,p value,languages,seeds"
    )
    assert first.startswith("monolingual,partial,regular,0,dense,0.")
    of_one = compare_methods(tables[1])
    of_one = of_one[of_one["setting"] == "multilingual"].reset_index(drop=True)
    assert "F1 of multilingual models by pruning method" in (text := method_table(of_one, SMALL).markdown())
    assert "| setting" not in text and "| languages" not in text and "see languages" not in text


def test_the_figure_of_methods_shows_a_line_a_method(tables):
    figure, shown = draw_figure(METHODS_FIGURE, tables[1], GROUPS, SMALL)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        *("gradual magnitude", "gradual random", "one-shot before", "rewound", "2:4", "chance floor"),
    ]
    panels = figure.axes
    assert len(panels) == 6  # monolingual partial and embeddings, multilingual partial; on two test sets
    assert [axes.get_ylabel() for axes in panels if axes.get_ylabel()] == [
        *("F1, partial, monolingual", "F1, embeddings, monolingual", "F1, partial, multilingual"),
    ]
    lines = [line for line in panels[4].lines if line.get_marker() != "None"]
    random = select(shown, statistic="f1", setting="multilingual", test_set=REGULAR, scope="partial-random")
    expected = random.sort_values("sparsity")["estimate"].tolist()
    assert any(np.allclose(line.get_ydata(), expected) for line in lines) and len(expected) == 3
    assert set(shown["matrices"]) == {"partial", "embeddings"}


@pytest.mark.parametrize("what", [compare_methods, lambda table: draw_figure(METHODS_FIGURE, table, GROUPS, SMALL)])
def test_a_study_without_methods_has_neither(tables, what):
    with pytest.raises(InputError, match="no pruning method but gradual magnitude; expected one in pruning.methods"):
        what(tables[0])


def test_the_scopes_of_the_paper_are_what_the_names_say():
    assert {parse_variant(variant)[0] for variant in PAPER} == {"", *SCOPES}
