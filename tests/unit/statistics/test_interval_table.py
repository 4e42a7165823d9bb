"""The table of intervals against values worked out by hand and the paper's printed ones."""

import numpy as np
import pandas as pd
import pytest
from ner_pruning.files import InputError
from ner_pruning.statistics.bootstrap import CELL_COLUMNS, Replicates
from ner_pruning.statistics.interval_table import (
    EVERY_SETTING,
    INTERVAL_COLUMNS,
    MEAN,
    MEDIAN,
    OVER_LANGUAGES,
    by_group,
    by_language,
    in_each_scope,
    in_scope,
    intervals_table,
    main_setting,
    read_intervals,
    select,
    write_intervals,
)
from ner_pruning.statistics.intervals import Cells
from paper_tables import PAPER, SPARSITIES, SUMMARIES, paper_scores
from small_scores import cells_of, frame, groups_of, intervals_of, score

NO_SCORES = frame(score("yo", 0.5)).iloc[:0]


def the(table, **values):
    """Return the only row of a table that has some values."""
    rows = select(table, **values)
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_table_of_intervals_worked_out_by_hand(replicates):
    groups = {"size": {"yo": "100", "jv": "100"}, "family": {"yo": "Niger-Congo", "jv": "Austronesian"}}
    table = intervals_table(Cells(replicates), groups, NO_SCORES)

    def row(statistic, language, test_set="regular", group="", setting="monolingual", sparsity=50):
        place = {"test_set": test_set, "group": group, "setting": setting, "sparsity": sparsity}
        return the(table, statistic=statistic, language=language, **place)

    assert row("f1", "yo")["estimate"] == pytest.approx(0.6)
    assert row("difference", "yo")["estimate"] == pytest.approx(-0.2)
    assert row("difference", "yo")["seeds"] == 1
    assert row("difference", "jv")["estimate"] == pytest.approx(0.1)
    mean = row("difference", "mean")
    assert (mean["estimate"], mean["languages"], mean["seeds"]) == (pytest.approx(-0.05), 2, 1)
    assert mean["most_seeds"] == 2
    assert row("difference", "mean", group="family Austronesian")["estimate"] == pytest.approx(0.1)
    assert row("difference", "mean", group="size 100")["estimate"] == pytest.approx(-0.05)
    assert row("relative_difference", "yo")["estimate"] == pytest.approx(-0.25)
    # Replicates: -0.2 / 0.7 and -0.2 / 0.9; percentiles 2.5 and 97.5 of two values lie 2.5 % inside.
    low, high = -0.2 / 0.7, -0.2 / 0.9
    assert row("relative_difference", "yo")["low"] == pytest.approx(low + 0.025 * (high - low), rel=1e-6)
    assert row("fraction", "yo", "in-language")["estimate"] == pytest.approx(0.5)
    assert row("fraction", "yo", "in-language", sparsity=0)["estimate"] == pytest.approx(0.5)
    floors = {("yo", "regular"): 0.7, ("jv", "regular"): 0.1}  # above partial-50, below dense
    fractions = intervals_table(Cells(replicates, floors), groups, NO_SCORES).query("statistic == 'fraction'")
    of_yoruba = fractions[fractions["language"] == "yo"].set_index("sparsity")["estimate"]
    assert (of_yoruba[0], np.isnan(of_yoruba[50])) == (pytest.approx(0.5), True)
    gain = row("multilingual_gain", "yo", setting="multilingual", sparsity=0)
    assert (gain["estimate"], gain["languages"]) == (pytest.approx(0.1), 1)
    assert row("f1", "yo", setting="multilingual", sparsity=0)["high"] == 1  # the replicate 1.1 is no F1
    # Of two languages the median is the mean, in each replicate.
    values = ["estimate", "low", "high"]
    assert row("f1", "median")[values].tolist() == pytest.approx(row("f1", "mean")[values].tolist())
    assert table.loc[table["statistic"] == "f1", "p_value"].isna().all()
    assert table.loc[table["language"] == "mean", "p_adjusted"].isna().all()
    # Both replicates of yo are below 0 and both of jv above: 2 (1 + 0) / 3 each, and adjusted the same.
    for code in ("yo", "jv"):
        assert row("difference", code)["p_value"] == pytest.approx(2 / 3)
        assert row("difference", code)["p_adjusted"] == pytest.approx(2 / 3)
    assert (table.loc[table["statistic"] == "fraction", "low"].dropna() >= 0).all()


def test_p_values_are_adjusted_over_the_languages_of_one_kind_of_cells():
    """Of 99 replicates of a gain none, one and four are below 0: p .02, .04, .1; times 3 / rank."""
    rows, values = [], []
    for language, below in (("yo", 0), ("jv", 1), ("sw", 4)):
        for setting, f1 in (("monolingual", 0.5), ("multilingual", 0.6)):
            training_set = language if setting == "monolingual" else setting
            rows.append((training_set, setting, "", 0, language, "regular", 1))
            values.append([f1] + [0.4 if setting == "multilingual" and number < below else f1 for number in range(99)])
    cells = Cells(Replicates(pd.DataFrame(rows, columns=CELL_COLUMNS), np.array(values)))
    gains = by_language(select(intervals_table(cells, {}, NO_SCORES), statistic="multilingual_gain"))
    gains = gains.set_index("language")
    assert gains["p_value"].to_dict() == pytest.approx({"yo": 0.02, "jv": 0.04, "sw": 0.1})
    assert gains["p_adjusted"].to_dict() == pytest.approx({"yo": 0.06, "jv": 0.06, "sw": 0.1})


def test_medians_have_the_interval_of_each_replicates_median():
    values = np.array([[0.1, 0.6, 0.2], [0.5, 0.5, 0.8], [0.9, 0.1, 0.5]])  # medians .5, .5, .5; means .5, .4, .5
    rows = [("multilingual", "multilingual", "", 0, code, "regular", 1) for code in ("yo", "sw", "en")]
    cells = Cells(Replicates(pd.DataFrame(rows, columns=CELL_COLUMNS), values))
    table = select(intervals_table(cells, {}, NO_SCORES), statistic="f1", group="")
    assert the(table, language=MEDIAN)[["estimate", "low", "high"]].tolist() == [0.5, 0.5, 0.5]
    assert the(table, language=MEAN)["low"] == pytest.approx(0.4 + 0.025 * 0.1)


def test_the_table_is_read_as_it_was_written(tmp_path):
    table = intervals_of(frame(*(score(code, f1) for code, f1 in (("en", 0.1 + 0.2), ("yo", 1 / 3)))), noise=0.1)
    write_intervals(tmp_path / "intervals.parquet", table)
    read = read_intervals(tmp_path / "intervals.parquet")
    assert list(read.columns) == INTERVAL_COLUMNS
    pd.testing.assert_frame_equal(read, table, check_exact=True)
    table.drop(columns="seed_sd").to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="other.parquet: columns statistic, .*; expected statistic, "):
        read_intervals(tmp_path / "other.parquet")


@pytest.mark.parametrize(
    ("table", "test_set", "scope"),
    [(6, "regular", "partial"), (7, "regular", "full"), (8, "in-language", "partial"), (9, "in-language", "full")],
)
def test_means_and_medians_are_those_the_paper_prints(table, test_set, scope):
    rows = in_scope(select(intervals_of(paper_scores()), statistic="f1", test_set=test_set, group=""), scope)
    rows = rows.pivot(index="language", columns="sparsity", values="estimate")
    assert list(rows.columns) == SPARSITIES
    means, medians = SUMMARIES[table]
    np.testing.assert_allclose(rows.loc[MEAN], means, atol=1e-4)
    np.testing.assert_allclose(rows.loc[MEDIAN], medians, atol=1e-4)
    published = pd.read_csv(PAPER).query("table == @table").set_index(["language", "sparsity"])["f1"]
    assert all(rows.loc[language, sparsity] == value for (language, sparsity), value in published.items())


def test_seeds_are_averaged_before_languages():
    # en: (0.4 + 0.6) / 2 = 0.5; yo: 0.8 from one seed. Mean of the languages 0.65, not 0.6, the mean of the rows.
    table = intervals_of(frame(score("en", 0.4), score("en", 0.6, seed=2), score("yo", 0.8)))
    rows = select(table, statistic="f1", group="").set_index("language")
    assert rows.loc[["yo", "en", "mean", "median"], "estimate"].tolist() == pytest.approx([0.8, 0.5, 0.65, 0.65])
    assert rows["seeds"].to_dict() == {"en": 2, "yo": 1, "mean": 1, "median": 1}
    assert rows["most_seeds"].to_dict() == {"en": 2, "yo": 1, "mean": 2, "median": 2}
    assert rows.loc["en", "seed_sd"] == pytest.approx(0.2 / np.sqrt(2))
    assert np.isnan(rows.loc["yo", "seed_sd"])


def test_missing_scores_are_not_invented():
    table = intervals_of(frame(score("en", 0.4), score("en", 0.2, 50), score("yo", 0.8), score("yo", np.nan, 50)))
    rows = in_scope(select(table, statistic="f1", group=""), "partial")
    rows = rows.set_index(["language", "sparsity"])["estimate"]
    assert ("yo", 50) not in rows.index
    assert rows.loc["mean"].tolist() == [0.4, 0.2]  # of en, which has both


def test_the_spread_is_over_seeds_and_that_of_means_over_each_seeds_own():
    # en: 0.4, 0.6, 0.5 at the seeds 1, 2, 3; yo: 0.8, 0.9 at 1, 2. Means of the seeds that both have: 0.6 and 0.75.
    scores = frame(
        *(score("en", f1, seed=seed) for seed, f1 in ((1, 0.4), (2, 0.6), (3, 0.5))),
        *(score("yo", f1, seed=seed) for seed, f1 in ((1, 0.8), (2, 0.9))),
        *(score("de", f1, seed=seed) for seed, f1 in ((1, 0.0), (2, 1.0))),  # dense only: in no mean of the line
        score("en", 0.3, 50),
        score("yo", 0.2, 50, seed=2),
        score("en", 0.7, 50, scope="full"),
    )
    rows = in_scope(select(intervals_of(scores), statistic="f1", group=""), "partial")
    spread = rows.set_index(["sparsity", "language"])["seed_sd"]
    assert spread[0][["yo", "en"]].tolist() == pytest.approx([0.1 / np.sqrt(2), 0.1])
    assert spread[0]["mean"] == pytest.approx(0.15 / np.sqrt(2))
    assert spread[50].isna().all()  # one seed each, and none in common


def test_the_spread_of_medians_is_that_of_each_seeds_median():
    f1 = {"en": (0.1, 0.2), "yo": (0.5, 0.7), "sw": (0.9, 0.8)}  # medians 0.5, 0.7; means 0.5, 17/30
    scores = frame(*(score(code, values[seed - 1], seed=seed) for code, values in f1.items() for seed in (1, 2)))
    rows = select(intervals_of(scores), statistic="f1", group="").set_index("language")["seed_sd"]
    assert rows[MEDIAN] == pytest.approx(0.2 / np.sqrt(2))
    assert rows[MEAN] == pytest.approx((17 / 30 - 0.5) / np.sqrt(2))


def test_dense_is_sparsity_0_of_both_scopes():
    table = intervals_of(frame(score("en", 0.9), score("en", 0.5, 50), score("en", 0.3, 50, scope="full")))
    for language in ("en", MEAN):
        rows = select(table, statistic="f1", language=language, group="")
        for scope, sparse in (("partial", 0.5), ("full", 0.3)):
            assert in_scope(rows, scope)["estimate"].tolist() == [0.9, sparse]
        both = in_each_scope(rows).set_index(["scope", "sparsity"])["estimate"]
        assert both.to_dict() == {("partial", 0): 0.9, ("full", 0): 0.9, ("partial", 50): 0.5, ("full", 50): 0.3}


def test_a_dense_mean_is_of_the_languages_of_its_line():
    """Of dense models alone it is over all; de has no full model, and of none of its own a scope has the dense one."""
    scores = frame(
        *(score(code, f1) for code, f1 in (("en", 0.9), ("de", 0.5))),
        *(score(code, 0.4, 50) for code in ("en", "de")),
        score("en", 0.2, 50, scope="full"),
        score("yo", 0.3, setting="monolingual"),
    )
    dense = select(intervals_of(scores), statistic="f1", language=MEAN, group="", sparsity=0)
    multilingual = select(dense, setting="multilingual").set_index("scope")
    assert multilingual["estimate"].to_dict() == pytest.approx({"": 0.7, "partial": 0.7, "full": 0.9})
    assert multilingual["languages"].to_dict() == {"": 2, "partial": 2, "full": 1}
    monolingual = in_scope(select(dense, setting="monolingual"), "full")
    assert monolingual[["scope", "estimate"]].to_numpy().tolist() == [["full", 0.3]]


def test_a_dense_scope_that_csv_turned_into_nan_is_kept():
    scores = frame(score("en", 0.9), score("en", 0.7, seed=2)).assign(scope=np.nan)
    assert the(intervals_of(scores), statistic="f1", language="en")["seed_sd"] == pytest.approx(0.2 / np.sqrt(2))


def test_bad_scores_are_refused():
    one = frame(score("en", 0.9))
    with pytest.raises(InputError, match="no column chance_floor"):
        intervals_table(cells_of(one), {}, one.drop(columns="chance_floor"))
    with pytest.raises(InputError, match="more than one F1 of multilingual dense models on regular in en, seed 1"):
        intervals_of(frame(score("en", 0.9), score("en", 0.8)))


def test_properties_of_test_sets_stand_next_to_f1():
    scores = frame(
        score("en", 0.4, test_set="in-language", floor=0.02),
        score("en", 0.4, 50, test_set="in-language", floor=0.02),
        score("yo", 0.4, test_set="in-language", floor=0.06),
        score("yo", 0.3, 50, test_set="in-language", floor=0.06),
        score("sw", 0.9, test_set="in-language", floor=0.5),  # dense only: in no mean, as in those of F1
    )
    rows = in_scope(select(intervals_of(scores), group=""), "partial")
    floors = select(rows, statistic="chance_floor", sparsity=0).set_index("language")
    assert floors["estimate"].to_dict() == pytest.approx(
        {"en": 0.02, "yo": 0.06, "sw": 0.5, "mean": 0.04, "median": 0.04}
    )
    assert floors.loc["yo", ["low", "high"]].tolist() == pytest.approx([0.05, 0.08])
    assert floors.loc[["mean", "median"], ["low", "high"]].isna().all(axis=None)
    assert the(rows, statistic="changed_share", language=MEAN, sparsity=50)["estimate"] == pytest.approx(0.9)
    assert the(rows, statistic="unseen_share", language=MEAN, sparsity=50)["estimate"] == pytest.approx(0.5)


def test_relative_difference_is_the_mean_of_the_languages_differences():
    scores = frame(
        *(score("yo", 0.5, seed=seed) for seed in (1, 2)),
        *(score("yo", f1, 50, seed=seed) for seed, f1 in ((1, 0.4), (2, 0.5))),  # mean 0.45: -0.1
        score("jv", 0.2),
        score("jv", 0.3, 50),  # +0.5
        score("my", 0.0),
        score("my", 0.3, 50),  # no difference relative to 0
        score("en", 0.8),
        score("en", 0.6, 50),  # -0.25
        score("en", 0.4, 50, scope="full"),  # -0.5
    )
    sizes = {"yo": 100, "jv": 100, "my": 100, "en": 20000}
    rows = by_group(select(intervals_of(scores, groups_of(sizes)), statistic="relative_difference"), "size")
    rows = rows.set_index(["scope", "sparsity", "group"])
    assert len(rows) == 3  # no row for the full models of size 100, which do not exist, nor for dense
    small = rows.loc[("partial", 50, 100)]
    assert small["estimate"] == pytest.approx((-0.1 + 0.5) / 2)
    assert small[["languages", "undefined", "seeds", "most_seeds"]].tolist() == [2, 1, 1, 2]
    assert rows.loc[("partial", 50, 20000), "estimate"] == pytest.approx(-0.25)
    assert rows.loc[("full", 50, 20000), "estimate"] == pytest.approx(-0.5)
    with pytest.raises(InputError, match="size: none for en; expected one for every language"):
        intervals_of(scores, groups_of({"yo": 100, "jv": 100, "my": 100}))


def test_perturbed_fraction_is_the_mean_of_the_languages_fractions():
    scores = frame(
        score("en", 0.8),
        score("en", 0.2, test_set="in-language", floor=0.04),  # 0.25, floor 0.05
        score("en", 0.1, test_set="in-script"),  # 0.125
        score("yo", 0.4),
        score("yo", 0.3, test_set="in-language", floor=0.06),  # 0.75, floor 0.15
        score("sw", 0.0),
        score("sw", 0.3, test_set="in-language"),  # no fraction of 0
        score("jv", 0.01),
        score("jv", 0.06, test_set="in-language"),  # none of what is no more than chance either, which would be 6
        score("en", 0.5, 50),
        score("en", 0.4, 50, test_set="in-language", floor=0.04),  # 0.8
        score("yo", 0.4, 50),
        score("yo", 0.2, 50, test_set="in-language", floor=0.06),  # 0.5
        *(score(code, 0.05, 50) for code in ("sw", "jv")),  # below chance
        *(score(code, 0.05, 50, test_set="in-language") for code in ("sw", "jv")),
        score("de", 0.8),
        score("de", 0.8, test_set="in-language"),  # 1, but dense only: the line would be of other languages at 50 %
    )
    rows = select(intervals_of(scores), statistic=["fraction", "floor_fraction"], language=MEAN, group="")
    rows = in_each_scope(rows).set_index(["statistic", "test_set", "scope", "sparsity"])
    dense = rows.loc[("fraction", "in-language", "partial", 0)]
    assert dense["estimate"] == pytest.approx(0.5)
    assert rows.loc[("floor_fraction", "in-language", "partial", 0), "estimate"] == pytest.approx(0.1)
    assert dense[["languages", "undefined"]].tolist() == [2, 2]
    assert rows.loc[("fraction", "in-script", "partial", 0), ["estimate", "languages"]].tolist() == [0.125, 1]
    half = rows.loc[("fraction", "in-language", "partial", 50), ["estimate", "languages"]]
    assert half.tolist() == pytest.approx([0.65, 2])
    assert len(rows) == 6


def test_fractions_are_of_the_models_of_the_setting():
    """Full models are monolingual only: the multilingual dense one does not stand in their scope."""
    scores = frame(
        *(
            score("en", 0.8, sparsity, test_set=test_set)
            for sparsity in (0, 50)
            for test_set in ("regular", "in-script")
        ),
        score("en", 0.8, 50, scope="full", setting="monolingual"),
    )
    rows = select(intervals_of(scores), statistic="fraction", setting="multilingual", language=MEAN, group="")
    assert set(in_each_scope(rows)["scope"]) == {"partial"}


def of_every_setting(scores):
    rows = select(intervals_of(scores), statistic="f1", language=MEAN, group=EVERY_SETTING)
    return in_each_scope(rows).set_index(["setting", "scope", "sparsity"])


def test_settings_are_compared_on_the_languages_that_have_both():
    scores = frame(
        score("en", 0.9),
        score("yo", 0.5),
        score("de", 0.1),  # multilingual only
        score("en", 0.7, setting="monolingual"),
        score("yo", 0.3, setting="monolingual"),
        score("en", 0.6, 50, setting="monolingual"),
        score("yo", 0.2, 50, setting="monolingual"),
        score("sw", 0.8),
        score("sw", 0.8, setting="monolingual"),  # and no pruned model: it would be in one of the two means
    )
    rows = of_every_setting(scores)
    assert rows.loc[("multilingual", "partial", 0), ["estimate", "languages"]].tolist() == pytest.approx([0.7, 2])
    assert rows.loc[("monolingual", "partial", 0), "estimate"] == pytest.approx(0.5)
    assert rows.loc[("monolingual", "partial", 50), ["estimate", "languages"]].tolist() == pytest.approx([0.4, 2])
    alone = of_every_setting(scores[scores["setting"] == "multilingual"])
    assert alone["estimate"].tolist() == pytest.approx([0.575]) and alone["languages"].tolist() == [4]
    assert alone.index.get_level_values("scope").tolist() == [""]  # only dense models: they belong to no scope


def test_without_a_language_of_all_variants_settings_are_compared_on_those_of_some():
    pruned = [score("en", 0.6, 50, setting="monolingual"), score("yo", 0.2, 70, setting="monolingual")]
    dense = [score(code, 0.8, setting=setting) for code in ("en", "yo") for setting in ("monolingual", "multilingual")]
    rows = of_every_setting(frame(*dense, *pruned, score("de", 0.1))).reset_index()
    assert select(rows, setting="monolingual").set_index("sparsity")["languages"].to_dict() == {0: 2, 50: 1, 70: 1}
    assert select(rows, setting="multilingual")["languages"].unique().tolist() == [2]  # not de


def test_settings_without_a_common_language_keep_their_own():
    rows = of_every_setting(frame(score("en", 0.9), score("yo", 0.3, setting="monolingual"))).reset_index()
    rows = rows[["setting", "estimate"]].to_numpy().tolist()
    assert sorted(rows) == [["monolingual", 0.3], ["multilingual", 0.9]]


FAMILIES = {"en": "Germanic", "de": "Germanic", "yo": "Niger-Congo"}


def test_means_of_groups_are_over_their_languages():
    scores = frame(
        score("en", 0.7, floor=0.02),
        score("en", 0.9, seed=2, floor=0.02),  # mean over seeds 0.8
        score("en", 0.6, 50, floor=0.02),  # -0.25 of 0.8
        score("en", 0.2, 50, scope="full", floor=0.02),  # -0.75
        score("de", 0.4, floor=0.06),
        score("de", 0.5, 50, floor=0.06),  # +0.25 of 0.4
        score("yo", 0.0),
        score("yo", 0.3, 50),  # no difference relative to 0
        score("en", 0.1, test_set="in-language"),
        score("en", 0.3, 50, test_set="in-language"),  # +2 of 0.1
        score("en", 0.5, setting="monolingual"),
    )
    groups = groups_of(dict.fromkeys(FAMILIES, 1), families=FAMILIES)
    rows = by_group(select(intervals_of(scores, groups), setting="multilingual"), "family")
    regular = in_each_scope(select(rows, test_set="regular")).set_index(["statistic", "group", "scope", "sparsity"])
    dense = regular.loc[("f1", "Germanic", "partial", 0)]
    assert dense["estimate"] == pytest.approx(0.6)  # of 0.8 and 0.4
    assert dense[["languages", "seeds", "most_seeds"]].tolist() == [2, 1, 2]
    assert regular.loc[("chance_floor", "Germanic", "partial", 0), "estimate"] == pytest.approx(0.04)
    assert regular.loc[("f1", "Germanic", "partial", 50), "estimate"] == pytest.approx(0.55)  # of 0.6 and 0.5
    # Of -0.25 and +0.25: the mean of quotients, not -0.05 / 0.6.
    assert regular.loc[("relative_difference", "Germanic", "partial", 50), "estimate"] == pytest.approx(0)
    full = regular.loc[("relative_difference", "Germanic", "full", 50)]
    assert full[["estimate", "languages"]].tolist() == pytest.approx([-0.75, 1])
    assert regular.loc[("f1", "Niger-Congo", "partial", 50), "estimate"] == 0.3
    yoruba = regular.loc[("relative_difference", "Niger-Congo", "partial", 50)]
    assert np.isnan(yoruba["estimate"]) and yoruba[["languages", "undefined"]].tolist() == [0, 1]
    assert ("f1", "Niger-Congo", "full", 50) not in regular.index
    perturbed = select(rows, test_set="in-language", statistic="relative_difference")
    assert perturbed["estimate"].tolist() == pytest.approx([2])  # to the dense model on the same test set


def test_correlations_are_of_dense_f1_and_the_share_of_seen_mentions():
    # Deviations (-2 -1 0 1 2) and (-1 -2 1 0 2): 8 / sqrt(10 · 10) = 0.8, and the ranks are the same.
    f1 = {"en": 0.2, "de": 0.1, "yo": 0.4, "sw": 0.3, "te": 0.5}
    rows = [score(code, value, unseen_share=0.9 - 0.1 * place) for place, (code, value) in enumerate(f1.items())]
    scores = frame(*rows, score("hi", 0.9, unseen_share=np.nan), score("en", 0.9, 50))
    table = select(intervals_of(scores), language=OVER_LANGUAGES)
    assert table["statistic"].tolist() == ["overlap_pearson", "overlap_spearman"]
    assert table["estimate"].tolist() == pytest.approx([0.8, 0.8])
    assert table[["languages", "undefined", "sparsity"]].to_numpy().tolist() == [[5, 1, 0]] * 2


def test_without_regular_scores_there_is_no_main_setting():
    table = intervals_of(frame(score("en", 0.9), score("en", 0.5, setting="monolingual")))
    assert main_setting(table) == "multilingual"
    assert main_setting(select(table, setting="monolingual")) == "monolingual"
    with pytest.raises(InputError, match="no F1 on the test set regular"):
        main_setting(select(table, test_set="in-script"))
