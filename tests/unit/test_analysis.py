"""Means, medians, differences and fractions, against values worked out by hand and the paper's printed ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from compression import analysis
from compression.files import InputError

PAPER = Path(__file__).parents[2] / "resources" / "paper_f1.csv"
SPARSITIES = [0, 50, 70, 80, 90, 95, 98]
PAPER_SUMMARIES = {  # the last two rows of tables 6-9, as printed
    6: (
        [0.8215, 0.8057, 0.7936, 0.7611, 0.6677, 0.6076, 0.5599],
        [0.8543, 0.8481, 0.8418, 0.8172, 0.7302, 0.6417, 0.5728],
    ),
    7: (
        [0.8215, 0.8066, 0.7880, 0.7454, 0.6451, 0.5736, 0.5488],
        [0.8543, 0.8526, 0.8332, 0.7988, 0.6859, 0.5683, 0.5686],
    ),
    8: (
        [0.0189, 0.6863, 0.6680, 0.6170, 0.5062, 0.3818, 0.2654],
        [0.0201, 0.7160, 0.6967, 0.6678, 0.5510, 0.4467, 0.3011],
    ),
    9: (
        [0.0189, 0.0147, 0.0198, 0.0268, 0.0211, 0.0162, 0.0126],
        [0.0201, 0.0076, 0.0120, 0.0168, 0.0167, 0.0120, 0.0143],
    ),
}


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
        "changed_share": 0.0 if test_set == "regular" else 0.9,
        "unseen_share": 0.5,
    }


def frame(*rows):
    return pd.DataFrame(rows)


def paper_scores():
    """The published tables 6-9 as the scores of a study of one seed; the dense row, printed twice, once."""
    scores = pd.read_csv(PAPER)
    scores["scope"] = scores["scope"].where(scores["sparsity"] > 0, "")
    scores["test_set"] = scores["test_set"].replace("perturbed", "in-language")
    scores = scores.drop(columns="table").drop_duplicates()
    return scores.assign(seed=1, chance_floor=0.05, changed_share=1.0, unseen_share=0.5)


@pytest.mark.parametrize(
    ("table", "test_set", "scope"),
    [(6, "regular", "partial"), (7, "regular", "full"), (8, "in-language", "partial"), (9, "in-language", "full")],
)
def test_means_and_medians_are_those_the_paper_prints(table, test_set, scope):
    languages = ["en", "zh", "bn", "eu", "af", "hi", "sw", "te", "jv", "yo"]
    result = analysis.f1_by_sparsity(paper_scores(), "monolingual", test_set, scope, languages)
    assert list(result.index) == [*languages, "means", "medians"]
    assert list(result.columns) == SPARSITIES
    means, medians = PAPER_SUMMARIES[table]
    np.testing.assert_allclose(result.loc["means"], means, atol=1e-4)
    np.testing.assert_allclose(result.loc["medians"], medians, atol=1e-4)
    published = pd.read_csv(PAPER).query("table == @table").set_index(["language", "sparsity"])["f1"]
    assert all(result.loc[language, sparsity] == value for (language, sparsity), value in published.items())


def test_seeds_are_averaged_before_languages():
    # en: (0.4 + 0.6) / 2 = 0.5; yo: 0.8 from one seed. Mean of the languages 0.65, not 0.6, the mean of the rows.
    scores = frame(score("en", 0.4), score("en", 0.6, seed=2), score("yo", 0.8))
    result = analysis.f1_by_sparsity(scores, "multilingual", "regular", "partial", ["yo", "en"])
    assert result[0].tolist() == pytest.approx([0.8, 0.5, 0.65, 0.65])
    means = analysis.seed_means(scores).set_index("language")
    assert means["seeds"].to_dict() == {"en": 2, "yo": 1}
    assert means.loc["en", "f1_std"] == pytest.approx(0.2 / np.sqrt(2))
    assert np.isnan(means.loc["yo", "f1_std"])


def test_missing_scores_are_counted_and_not_invented():
    scores = frame(score("en", 0.4), score("en", 0.2, 50), score("yo", 0.8), score("yo", np.nan, 50))
    languages = ["en", "yo", "sw"]
    result = analysis.f1_by_sparsity(scores, "multilingual", "regular", "partial", languages)
    assert np.isnan(result.loc["yo", 50]) and result.loc["sw"].isna().all()
    assert result.loc["means"].tolist() == pytest.approx([0.6, 0.2])
    seeds = analysis.seeds_by_sparsity(scores, "multilingual", "regular", "partial", languages)
    assert seeds.to_numpy().tolist() == [[1, 1], [1, 0], [0, 0]]


def test_dense_is_column_0_of_both_scopes():
    scores = frame(score("en", 0.9), score("en", 0.5, 50), score("en", 0.3, 50, scope="full"))
    for scope, sparse in (("partial", 0.5), ("full", 0.3)):
        result = analysis.f1_by_sparsity(scores, "multilingual", "regular", scope, ["en"])
        assert result.loc["en"].tolist() == [0.9, sparse]


def test_a_dense_scope_that_csv_turned_into_nan_is_kept():
    scores = frame(score("en", 0.9)).assign(scope=np.nan)
    assert analysis.seed_means(scores)["f1"].tolist() == [0.9]


def test_bad_scores_are_refused():
    with pytest.raises(InputError, match="no column chance_floor"):
        analysis.seed_means(frame(score("en", 0.9)).drop(columns="chance_floor"))
    with pytest.raises(InputError, match="more than one row for .*language 'en'"):
        analysis.seed_means(frame(score("en", 0.9), score("en", 0.8)))
    with pytest.raises(InputError, match="no row of a monolingual model"):
        analysis.f1_by_sparsity(frame(score("en", 0.9)), "monolingual", "regular", "full", ["en"])


def test_chance_stands_beside_perturbed_scores():
    scores = frame(
        score("en", 0.4, test_set="in-language", floor=0.02),
        score("en", 0.4, 50, test_set="in-language", floor=0.02),
        score("yo", 0.4, test_set="in-language", floor=0.06),
    )
    result = analysis.chance_by_language(scores, "multilingual", "in-language", ["en", "yo"])
    assert list(result.columns) == ["chance floor", "changed", "unseen"]
    assert result["chance floor"].tolist() == pytest.approx([0.02, 0.06, 0.04, 0.04])
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
    result = analysis.relative_to_dense(scores, "multilingual", "regular", sizes)
    result = result.set_index(["scope", "sparsity", "train_size"])
    assert len(result) == 3  # no row for the full models of size 100, which do not exist, nor for dense
    small = result.loc[("partial", 50, 100)]
    assert small["difference"] == pytest.approx((-0.1 + 0.5) / 2)
    assert small[["languages", "undefined", "seeds_low", "seeds_high"]].tolist() == [2, 1, 1, 2]
    assert result.loc[("partial", 50, 20000), "difference"] == pytest.approx(-0.25)
    assert result.loc[("full", 50, 20000), "difference"] == pytest.approx(-0.5)
    with pytest.raises(InputError, match="none for en"):
        analysis.relative_to_dense(scores, "multilingual", "regular", {"yo": 100, "jv": 100, "my": 100})


def test_perturbed_fraction_is_the_mean_of_the_languages_fractions():
    scores = frame(
        score("en", 0.8),
        score("en", 0.2, test_set="in-language", floor=0.04),  # 0.25, floor 0.05
        score("en", 0.1, test_set="in-script"),  # 0.125
        score("yo", 0.4),
        score("yo", 0.3, test_set="in-language", floor=0.06),  # 0.75, floor 0.15
        score("sw", 0.0),
        score("sw", 0.3, test_set="in-language"),  # no fraction of 0
        score("en", 0.5, 50),
        score("en", 0.4, 50, test_set="in-language"),  # 0.8
    )
    result = analysis.perturbed_fractions(scores, "multilingual").set_index(["perturbation", "scope", "sparsity"])
    dense = result.loc[("in-language", "partial", 0)]
    assert dense["fraction"] == pytest.approx(0.5)
    assert dense["floor_fraction"] == pytest.approx(0.1)
    assert dense[["languages", "undefined"]].tolist() == [2, 1]
    assert result.loc[("in-script", "partial", 0), ["fraction", "languages"]].tolist() == [0.125, 1]
    assert result.loc[("in-language", "partial", 50), ["fraction", "languages"]].tolist() == [0.8, 1]
    assert len(result) == 3


def test_figure_1_compares_settings_on_the_languages_that_have_both():
    scores = frame(
        score("en", 0.9),
        score("yo", 0.5),
        score("de", 0.1),  # multilingual only
        score("en", 0.7, setting="monolingual"),
        score("yo", 0.3, setting="monolingual"),
        score("yo", 0.2, 50, setting="monolingual"),
    )
    result = analysis.f1_over_languages(scores).set_index(["setting", "scope", "sparsity"])
    dense = result.loc[("multilingual", "partial", 0)]
    assert dense["f1"] == pytest.approx(0.7)
    assert dense["f1_std"] == pytest.approx(np.sqrt(0.08))  # deviations of 0.2, n - 1
    assert dense["languages"] == 2
    assert result.loc[("monolingual", "partial", 0), "f1"] == pytest.approx(0.5)
    assert np.isnan(result.loc[("monolingual", "partial", 50), "f1_std"])
    alone = analysis.f1_over_languages(scores[scores["setting"] == "multilingual"])
    assert alone["f1"].tolist() == pytest.approx([0.5]) and alone["languages"].tolist() == [3]
    assert alone["scope"].tolist() == [""]  # only dense models: they belong to no scope


def test_settings_without_a_common_language_keep_their_own():
    result = analysis.f1_over_languages(frame(score("en", 0.9), score("yo", 0.3, setting="monolingual")))
    assert result[["setting", "f1"]].to_numpy().tolist() == [["monolingual", 0.3], ["multilingual", 0.9]]
