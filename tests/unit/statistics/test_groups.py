"""F1 by language and by group of languages, against numbers worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from ner_pruning.files import InputError
from ner_pruning.statistics import groups
from test_summaries import frame, score

FAMILIES = {"en": "Germanic", "de": "Germanic", "yo": "Niger-Congo"}


@pytest.fixture
def scores():
    return frame(
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


def test_means_and_deviations_are_over_the_languages_of_a_group(scores):
    result = groups.f1_by_group(scores, "multilingual", "regular", FAMILIES, "family")
    assert list(result["group"].unique()) == ["Germanic", "Niger-Congo"]
    result = result.set_index(["group", "scope", "sparsity"])
    dense = result.loc[("Germanic", "partial", 0)]
    assert dense["f1"] == pytest.approx(0.6)  # of 0.8 and 0.4, which lie 0.2 off: sqrt((0.04 + 0.04) / 1)
    assert dense["f1_std"] == pytest.approx(np.sqrt(0.08))
    assert dense[["difference", "difference_std", "undefined"]].tolist() == [0, 0, 0]
    assert dense["chance_floor"] == pytest.approx(0.04)
    assert dense[["languages", "seeds_low", "seeds_high"]].tolist() == [2, 1, 2]
    half = result.loc[("Germanic", "partial", 50)]
    assert half["f1"] == pytest.approx(0.55)  # of 0.6 and 0.5
    assert half["difference"] == pytest.approx(0)  # of -0.25 and +0.25: the mean of quotients, not -0.05 / 0.6
    assert half["difference_std"] == pytest.approx(np.sqrt(0.125))
    full = result.loc[("Germanic", "full", 50)]
    assert full[["f1", "difference"]].tolist() == pytest.approx([0.2, -0.75])
    assert full["languages"] == 1 and np.isnan(full["f1_std"]) and np.isnan(full["difference_std"])
    yoruba = result.loc[("Niger-Congo", "partial", 50)]
    assert yoruba["f1"] == 0.3 and np.isnan(yoruba["difference"])
    assert yoruba[["languages", "undefined"]].tolist() == [1, 1]
    assert ("Niger-Congo", "full", 50) not in result.index


def test_differences_are_to_the_dense_model_on_the_same_test_set(scores):
    result = groups.f1_by_group(scores, "multilingual", "in-language", FAMILIES, "family")
    assert result.set_index(["scope", "sparsity"]).loc[("partial", 50), "difference"] == pytest.approx(2)


def test_groups_are_ordered_by_number_of_languages_then_name_and_sizes_ascending():
    languages = ["yo", "sw", "ja", "af", "en", "de"]
    named = pd.DataFrame({"language": languages, "group": ["N", "N", "J", "G", "G", "G"]})
    assert groups.order_groups(named) == ["G", "N", "J"]
    tied = pd.DataFrame({"language": ["yo", "en", "ja"], "group": ["N", "G", "J"]})
    assert groups.order_groups(tied) == ["G", "J", "N"]
    sizes = pd.DataFrame({"language": languages, "group": [100, 1000, 20000, 5000, 20000, 20000]})
    assert groups.order_groups(sizes) == [100, 1000, 5000, 20000]


def test_rows_keep_the_order_of_groups_and_of_sparsities():
    rows = [score(code, 0.5, sparsity) for code in ("ja", "en", "de") for sparsity in (0, 90, 50)]
    families = {"ja": "A", "en": "B", "de": "B"}
    result = groups.f1_by_group(frame(*rows), "multilingual", "regular", families, "family")
    assert list(zip(result["group"], result["sparsity"], strict=True)) == [
        *(("B", sparsity) for sparsity in (0, 50, 90)),
        *(("A", sparsity) for sparsity in (0, 50, 90)),
    ]


def test_what_has_no_group_or_no_sparse_model_is_refused(scores):
    with pytest.raises(InputError, match="script: none for yo; expected one for every language"):
        groups.f1_by_group(scores, "multilingual", "regular", {"en": "Latin", "de": "Latin"}, "script")
    with pytest.raises(InputError, match="no sparse multilingual model on the test set in-script"):
        groups.f1_by_group(scores, "multilingual", "in-script", FAMILIES, "family")


def test_languages_come_by_training_size_with_dense_models_in_every_scope(scores):
    result = groups.f1_by_language(scores, {"en": 20000, "de": 5000, "yo": 100})
    assert list(result["language"].unique()) == ["yo", "de", "en"]
    english = result[(result["language"] == "en") & (result["setting"] == "multilingual")]
    regular = english[english["test_set"] == "regular"].set_index(["scope", "sparsity"])["f1"]
    expected = {("partial", 0): 0.8, ("full", 0): 0.8, ("partial", 50): 0.6, ("full", 50): 0.2}
    assert regular.to_dict() == pytest.approx(expected)
    with pytest.raises(InputError, match="no row of the test sets regular and in-language"):
        groups.f1_by_language(scores.assign(test_set="in-script"), {})
