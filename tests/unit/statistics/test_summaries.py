"""Means, medians, differences and fractions, against values worked out by hand and the paper's printed ones."""

import numpy as np
import pandas as pd
import pytest
from ner_pruning.files import InputError
from ner_pruning.statistics import summaries
from paper_tables import LANGUAGES, PAPER, SPARSITIES, SUMMARIES, paper_scores


def score(language, f1, sparsity=0, scope="partial", seed=1, test_set="regular", setting="multilingual", floor=0.1):
    return {
        "setting": setting,
        "scope": scope if sparsity else "",
        "sparsity": sparsity,
        "seed": seed,
        "language": language,
        "test_set": test_set,
        "f1": f1,
        "chance_floor": floor,
        "chance_floor_low": floor - 0.01,
        "chance_floor_high": floor + 0.02,
        "changed_share": 0.0 if test_set == "regular" else 0.9,
        "unseen_share": 0.5,
    }


def frame(*rows):
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("table", "test_set", "scope"),
    [(6, "regular", "partial"), (7, "regular", "full"), (8, "in-language", "partial"), (9, "in-language", "full")],
)
def test_means_and_medians_are_those_the_paper_prints(table, test_set, scope):
    result = summaries.f1_by_sparsity(paper_scores(), "monolingual", test_set, scope, LANGUAGES)
    assert list(result.index) == [*LANGUAGES, "means", "medians"]
    assert list(result.columns) == SPARSITIES
    means, medians = SUMMARIES[table]
    np.testing.assert_allclose(result.loc["means"], means, atol=1e-4)
    np.testing.assert_allclose(result.loc["medians"], medians, atol=1e-4)
    published = pd.read_csv(PAPER).query("table == @table").set_index(["language", "sparsity"])["f1"]
    assert all(result.loc[language, sparsity] == value for (language, sparsity), value in published.items())


def test_seeds_are_averaged_before_languages():
    # en: (0.4 + 0.6) / 2 = 0.5; yo: 0.8 from one seed. Mean of the languages 0.65, not 0.6, the mean of the rows.
    scores = frame(score("en", 0.4), score("en", 0.6, seed=2), score("yo", 0.8))
    result = summaries.f1_by_sparsity(scores, "multilingual", "regular", "partial", ["yo", "en"])
    assert result[0].tolist() == pytest.approx([0.8, 0.5, 0.65, 0.65])
    means = summaries.seed_means(scores).set_index("language")
    assert means["seeds"].to_dict() == {"en": 2, "yo": 1}
    assert means.loc["en", "f1_std"] == pytest.approx(0.2 / np.sqrt(2))
    assert np.isnan(means.loc["yo", "f1_std"])


def test_missing_scores_are_counted_and_not_invented():
    scores = frame(score("en", 0.4), score("en", 0.2, 50), score("yo", 0.8), score("yo", np.nan, 50))
    languages = ["en", "yo", "sw"]
    result = summaries.f1_by_sparsity(scores, "multilingual", "regular", "partial", languages)
    assert np.isnan(result.loc["yo", 50]) and result.loc["sw"].isna().all()
    assert result.loc["means"].tolist() == [0.4, 0.2]  # of en, which has both
    seeds = summaries.seeds_by_sparsity(scores, "multilingual", "regular", "partial", languages)
    assert seeds.to_numpy().tolist() == [[1, 1], [1, 0], [0, 0]]


def test_spread_is_over_seeds_and_that_of_means_over_each_seeds_own():
    # en: 0.4, 0.6, 0.5 at the seeds 1, 2, 3; yo: 0.8, 0.9 at 1, 2. Means of the seeds that both have: 0.6 and 0.75.
    scores = frame(
        *(score("en", f1, seed=seed) for seed, f1 in ((1, 0.4), (2, 0.6), (3, 0.5))),
        *(score("yo", f1, seed=seed) for seed, f1 in ((1, 0.8), (2, 0.9))),
        *(score("de", f1, seed=seed) for seed, f1 in ((1, 0.0), (2, 1.0))),  # not in the table
        score("en", 0.3, 50),
        score("yo", 0.2, 50, seed=2),
        score("en", 0.7, 50, scope="full"),
    )
    result = summaries.spread_by_sparsity(
        scores, "multilingual", "regular", "partial", ["yo", "en", "sw"], ["yo", "en"]
    )
    assert list(result.index) == ["yo", "en", "sw", "means", "medians"] and list(result.columns) == [0, 50]
    assert result.loc[["yo", "en"], 0].tolist() == pytest.approx([0.1 / np.sqrt(2), 0.1])
    assert result.loc["means", 0] == pytest.approx(0.15 / np.sqrt(2))
    assert np.isnan(result.loc["sw", 0])
    assert result[50].isna().all()  # one seed each, and none in common


def test_spread_of_medians_is_that_of_each_seeds_median():
    f1 = {"en": (0.1, 0.2), "yo": (0.5, 0.7), "sw": (0.9, 0.8)}  # medians 0.5, 0.7; means 0.5, 17/30
    scores = frame(*(score(code, values[seed - 1], seed=seed) for code, values in f1.items() for seed in (1, 2)))
    result = summaries.spread_by_sparsity(scores, "multilingual", "regular", "partial", list(f1), list(f1))
    assert result.loc["medians", 0] == pytest.approx(0.2 / np.sqrt(2))
    assert result.loc["means", 0] == pytest.approx((17 / 30 - 0.5) / np.sqrt(2))


def test_dense_is_column_0_of_both_scopes():
    scores = frame(score("en", 0.9), score("en", 0.5, 50), score("en", 0.3, 50, scope="full"))
    for scope, sparse in (("partial", 0.5), ("full", 0.3)):
        result = summaries.f1_by_sparsity(scores, "multilingual", "regular", scope, ["en"])
        assert result.loc["en"].tolist() == [0.9, sparse]


def test_a_dense_scope_that_csv_turned_into_nan_is_kept():
    scores = frame(score("en", 0.9)).assign(scope=np.nan)
    assert summaries.seed_means(scores)["f1"].tolist() == [0.9]


def test_bad_scores_are_refused():
    with pytest.raises(InputError, match="no column chance_floor"):
        summaries.seed_means(frame(score("en", 0.9)).drop(columns="chance_floor"))
    with pytest.raises(InputError, match="more than one row for .*language 'en'"):
        summaries.seed_means(frame(score("en", 0.9), score("en", 0.8)))
    with pytest.raises(InputError, match="no row of a monolingual model"):
        summaries.f1_by_sparsity(frame(score("en", 0.9)), "monolingual", "regular", "full", ["en"])


def test_chance_stands_beside_perturbed_scores():
    scores = frame(
        score("en", 0.4, test_set="in-language", floor=0.02),
        score("en", 0.4, 50, test_set="in-language", floor=0.02),
        score("yo", 0.4, test_set="in-language", floor=0.06),
        score("yo", 0.3, 50, test_set="in-language", floor=0.06),
        score("sw", 0.9, test_set="in-language", floor=0.5),  # dense only: in no mean, as in those of F1
    )
    result = summaries.chance_by_language(scores, "multilingual", "in-language", ["en", "yo", "sw"], ["en", "yo"])
    assert list(result.columns) == ["chance floor", "chance floor low", "chance floor high", "changed", "unseen"]
    assert result.loc["yo", ["chance floor low", "chance floor high"]].tolist() == pytest.approx([0.05, 0.08])
    assert result.loc["means", ["chance floor low", "chance floor high"]].isna().all()
    assert result["chance floor"].tolist() == pytest.approx([0.02, 0.06, 0.5, 0.04, 0.04])
    assert result.loc["means", ["changed", "unseen"]].tolist() == pytest.approx([0.9, 0.5])


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
    result = summaries.relative_to_dense(scores, "multilingual", "regular", sizes)
    result = result.set_index(["scope", "sparsity", "train_size"])
    assert len(result) == 3  # no row for the full models of size 100, which do not exist, nor for dense
    small = result.loc[("partial", 50, 100)]
    assert small["difference"] == pytest.approx((-0.1 + 0.5) / 2)
    assert small[["languages", "undefined", "seeds_low", "seeds_high"]].tolist() == [2, 1, 1, 2]
    assert result.loc[("partial", 50, 20000), "difference"] == pytest.approx(-0.25)
    assert result.loc[("full", 50, 20000), "difference"] == pytest.approx(-0.5)
    with pytest.raises(InputError, match="none for en"):
        summaries.relative_to_dense(scores, "multilingual", "regular", {"yo": 100, "jv": 100, "my": 100})


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
        score("en", 0.4, 50, test_set="in-language"),  # 0.8
        score("yo", 0.4, 50),
        score("yo", 0.2, 50, test_set="in-language"),  # 0.5
        *(score(code, 0.05, 50) for code in ("sw", "jv")),  # below chance
        *(score(code, 0.05, 50, test_set="in-language") for code in ("sw", "jv")),
        score("de", 0.8),
        score("de", 0.8, test_set="in-language"),  # 1, but dense only: the line would be of other languages at 50 %
    )
    result = summaries.perturbed_fractions(scores, "multilingual").set_index(["perturbation", "scope", "sparsity"])
    dense = result.loc[("in-language", "partial", 0)]
    assert dense["fraction"] == pytest.approx(0.5)
    assert dense["floor_fraction"] == pytest.approx(0.1)
    assert dense[["languages", "undefined"]].tolist() == [2, 2]
    assert result.loc[("in-script", "partial", 0), ["fraction", "languages"]].tolist() == [0.125, 1]
    assert result.loc[("in-language", "partial", 50), ["fraction", "languages"]].tolist() == pytest.approx([0.65, 2])
    assert len(result) == 3


def test_a_line_is_of_the_languages_that_have_all_its_sparsities():
    rows = [("a", "yo", 0), ("a", "yo", 50), ("a", "sw", 0), ("b", "en", 0), ("c", "de", 0), ("c", "fr", 50)]
    rows = pd.DataFrame(rows, columns=["group", "language", "sparsity"])
    kept = summaries.same_languages(rows, ["group"])
    assert kept["language"].tolist() == ["yo", "yo", "en", "de", "fr"]  # of c no language has both: it keeps all


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
    assert set(summaries.fractions_by_language(scores, "multilingual")["scope"]) == {"partial"}


def test_figure_1_compares_settings_on_the_languages_that_have_both():
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
    result = summaries.f1_over_languages(scores).set_index(["setting", "scope", "sparsity"])
    dense = result.loc[("multilingual", "partial", 0)]
    assert dense["f1"] == pytest.approx(0.7)
    assert dense["f1_std"] == pytest.approx(np.sqrt(0.08))  # deviations of 0.2, n - 1
    assert dense["languages"] == 2
    assert result.loc[("monolingual", "partial", 0), "f1"] == pytest.approx(0.5)
    assert result.loc[("monolingual", "partial", 50), ["f1", "languages"]].tolist() == pytest.approx([0.4, 2])
    one = summaries.f1_over_languages(scores[scores["language"] == "yo"])
    assert one["f1_std"].isna().all()
    alone = summaries.f1_over_languages(scores[scores["setting"] == "multilingual"])
    assert alone["f1"].tolist() == pytest.approx([0.575]) and alone["languages"].tolist() == [4]
    assert alone["scope"].tolist() == [""]  # only dense models: they belong to no scope


def test_without_a_language_of_all_variants_figure_1_has_those_of_some():
    pruned = [score("en", 0.6, 50, setting="monolingual"), score("yo", 0.2, 70, setting="monolingual")]
    dense = [score(code, 0.8, setting=setting) for code in ("en", "yo") for setting in ("monolingual", "multilingual")]
    result = summaries.f1_over_languages(frame(*dense, *pruned, score("de", 0.1)))
    monolingual = result[result["setting"] == "monolingual"].set_index("sparsity")
    assert monolingual["languages"].to_dict() == {0: 2, 50: 1, 70: 1}
    assert result[result["setting"] == "multilingual"]["languages"].unique().tolist() == [2]  # not de


def test_settings_without_a_common_language_keep_their_own():
    result = summaries.f1_over_languages(frame(score("en", 0.9), score("yo", 0.3, setting="monolingual")))
    assert result[["setting", "f1"]].to_numpy().tolist() == [["monolingual", 0.3], ["multilingual", 0.9]]
