"""What pruning forgets beyond what another seed does, and recall of seen and unseen mentions."""

from collections.abc import Mapping, Sequence
from itertools import product

import forgotten as forgotten_script
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import recall as recall_script
from ner_pruning.data.mention_properties import MentionProperties, write_properties
from ner_pruning.files import InputError
from ner_pruning.parquet import write_table
from ner_pruning.scoring.found_mentions import write_found
from ner_pruning.statistics.bootstrap import read_replicates, resample
from ner_pruning.statistics.forgetting import (
    FORGETTING_COLUMNS,
    FORGOTTEN,
    forgetting_table,
    read_forgetting,
    share_counts,
    write_forgetting,
)
from ner_pruning.statistics.intervals import Cells, estimate
from ner_pruning.statistics.mention_classes import ALL, MentionClass, mention_classes
from ner_pruning.statistics.recall import SEEN_MENTIONS, UNSEEN_MENTIONS, joined, resampled_recall
from ner_pruning.terms import TYPES, Cell, Run
from scipy import stats
from small_scores import groups_of

KEYS = ["statistic", "setting", "language", "property", "value", "scope", "sparsity"]
SCRIPTS = {"yo": "Latin", "hi": "Devanagari"}


def mentions_of(
    number: int, frequency: Sequence[int] | int = 0, words: int = 1, type: int = 0, sentences: int | None = None
) -> MentionProperties:
    """Return properties of mentions, each in its own sentence."""
    return MentionProperties(
        sentences or number,
        np.arange(number, dtype=np.int32),
        np.full(number, type, dtype=np.int8),
        np.full(number, words, dtype=np.int32),
        np.broadcast_to(np.array(frequency, dtype=np.int32), number),
        TYPES,
    )


def table_of(found: Mapping[Run, Mapping], properties: Mapping[str, Mapping], resamples: int = 200) -> pd.DataFrame:
    return forgetting_table(found, properties, SCRIPTS, seed=0, resamples=resamples)


def study_of_yoruba(finds: Mapping[tuple[str, int], Sequence[int]], number: int = 12) -> pd.DataFrame:
    """Return the table of Yoruba models; finds: numbers of the mentions found, by variant and seed."""
    found = {
        Run("yo", variant, seed): {("regular", "yo"): np.isin(np.arange(number), places)}
        for (variant, seed), places in finds.items()
    }
    return table_of(found, {"yo": {("regular", "yo"): mentions_of(number)}})


def value(table: pd.DataFrame, statistic: str, sparsity: int, language: str = "yo", of=ALL) -> float:
    rows = table[
        (table[["statistic", "sparsity", "language", "property", "value"]] == [statistic, sparsity, language, *of]).all(
            axis=1
        )
    ]
    (found,) = rows.loc[rows["group"] == "", "estimate"].unique()
    return found


DENSE = {("dense", 1): range(11), ("dense", 2): range(1, 12)}  # of 12 mentions each misses another one


def test_what_is_forgotten_beyond_the_floor_worked_out_by_hand():
    """Pairs of different seeds: of the 11 mentions of the dense one, the dense one of the other seed misses 1.

    The pruned ones find 0 to 5 and 6 to 11: of 1 to 11 the first misses 6, of 0 to 10 the second does.
    """
    table = study_of_yoruba(DENSE | {("partial-50", 1): range(6), ("partial-50", 2): range(6, 12)})
    assert value(table, "forgotten", 0) == pytest.approx(1 / 11)
    assert value(table, "forgotten", 50) == pytest.approx(6 / 11)
    assert value(table, "forgotten_beyond_floor", 50) == pytest.approx(5 / 11)
    assert value(table, "forgotten_beyond_floor", 50, language="mean") == pytest.approx(5 / 11)
    row = table[(table["statistic"] == "forgotten_beyond_floor") & (table["property"] == "all")].iloc[0]
    assert 0 < row["low"] < row["estimate"] < row["high"] < 1 and row["p_value"] < 0.02
    assert (row["mentions"], row["languages"], row["seeds"], row["most_seeds"]) == (12, 1, 2, 2)


def test_the_floor_stands_in_the_lines_of_all_methods():
    pruned = {(variant, seed): range(6) for variant in ("partial-50", "partial-50-random") for seed in (1, 2)}
    table = study_of_yoruba(DENSE | pruned | {("embeddings-70-after", 1): range(6)})
    floors = table[(table["statistic"] == "forgotten") & (table["sparsity"] == 0) & (table["property"] == "all")]
    means = floors[floors["language"] == "mean"]
    assert set(table["group"]) == {""}, "one language is evaluated, and so one script"
    assert means["scope"].tolist() == ["partial", "embeddings-after", "partial-random"]
    assert means["estimate"].tolist() == [pytest.approx(1 / 11)] * 3


def test_pruned_models_may_forget_less_than_another_seed():
    table = study_of_yoruba(DENSE | {("partial-50", 1): range(12), ("partial-50", 2): range(12)})
    assert value(table, "forgotten", 50) == 0
    assert value(table, "forgotten_beyond_floor", 50) == pytest.approx(-1 / 11)


def test_what_is_gained_worked_out_by_hand():
    """Of 20 mentions both dense models miss 10 to 19 and find one or two of the others: one pruned model finds 12."""
    dense = {("dense", 1): range(10), ("dense", 2): range(9)}
    table = study_of_yoruba(dense | {("full-70", 1): [*range(9), 10], ("full-70", 2): range(9)}, number=20)
    # seed 1 against dense 2, which misses 9 to 19: pruned finds 10, dense finds 9; seed 2 against dense 1: none
    assert value(table, "gained", 70) == pytest.approx((1 / 11 + 0) / 2)
    assert value(table, "gained", 0) == pytest.approx((1 / 11 + 0) / 2)
    assert value(table, "gained_beyond_floor", 70) == 0


def test_one_seed_has_no_floor():
    table = study_of_yoruba({("dense", 1): range(11), ("partial-50", 1): range(6)})
    assert set(table["statistic"]) == {"forgotten"}
    assert set(table["sparsity"]) == {50}
    assert value(table, "forgotten", 50) == pytest.approx(5 / 11)
    assert set(table["seeds"]) == {1}
    assert table["p_value"].isna().all()


def test_one_seed_has_the_interval_of_a_bootstrap_of_sentences():
    """An independent one: mentions drawn with replacement, with their own sentences."""
    random = np.random.default_rng(0)
    dense, pruned = random.random(400) < 0.8, random.random(400) < 0.6
    found = {
        Run("yo", "dense", 1): {("regular", "yo"): dense},
        Run("yo", "partial-50", 1): {("regular", "yo"): pruned},
    }
    table = table_of(found, {"yo": {("regular", "yo"): mentions_of(400)}}, resamples=2000)
    draws = random.integers(400, size=(4000, 400))
    shares = (dense & ~pruned)[draws].sum(axis=1) / dense[draws].sum(axis=1)
    row = table[(table["property"] == "all") & (table["statistic"] == "forgotten")].iloc[0]
    assert row["estimate"] == pytest.approx((dense & ~pruned).sum() / dense.sum())
    low, high = np.percentile(shares, [2.5, 97.5])
    assert (row["low"], row["high"]) == (pytest.approx(low, abs=0.006), pytest.approx(high, abs=0.006))


def test_seeds_widen_the_interval():
    """Three pruned models of very different quality, and three that are alike but for single mentions."""
    random = np.random.default_rng(0)

    def width(shares: Sequence[float]) -> float:
        finds = {("dense", seed): np.flatnonzero(random.random(300) < 0.9) for seed in (1, 2, 3)}
        finds |= {("full-50", seed): np.flatnonzero(random.random(300) < share) for seed, share in enumerate(shares, 1)}
        table = study_of_yoruba(finds, number=300)
        row = table[(table["statistic"] == "forgotten_beyond_floor") & (table["property"] == "all")].iloc[0]
        return row["high"] - row["low"]

    assert width([0.3, 0.6, 0.9]) > 2 * width([0.6, 0.6, 0.6])


def oracle(found, properties, kind, mentions, training_set, key, variant) -> float:
    """Return a share by sets of mentions and loops over pairs of seeds, None where it has none."""
    part = properties[training_set][key]
    members = {
        "all": lambda n: True,
        "type": lambda n: part.types[part.type[n]] == mentions.value,
        "words": lambda n: {"4 or more": part.words[n] >= 4}.get(mentions.value, str(part.words[n]) == mentions.value),
        "training frequency": lambda n: {
            "0": part.frequency[n] == 0,
            "1": part.frequency[n] == 1,
            "2 to 9": 2 <= part.frequency[n] <= 9,
            "10 or more": part.frequency[n] >= 10,
        }[mentions.value],
        "overlap": lambda n: (part.frequency[n] > 0) == (mentions.value == "seen"),
    }[mentions.property]
    every = {n for n in range(len(part)) if members(n)}

    def of(name, seed):
        right = set(np.flatnonzero(found[Run(training_set, name, seed)][key]))
        return every & right if kind == "forgotten" else every - right

    seeds = [run.seed for run in found if (run.training_set, run.variant) == (training_set, variant)]
    if sum(len(of("dense", seed)) for seed in seeds) / len(seeds) < 10:
        return None
    shares = []
    for seed in seeds:
        others = [other for other in seeds if other != seed]
        lost = sum(len(of("dense", other) - of(variant, seed)) for other in others)
        shares.append(lost / sum(len(of("dense", other)) for other in others))
    return float(np.mean(shares))


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_all_shares_are_those_of_pairs_of_seeds(seeds):
    random = np.random.default_rng(seeds)
    number, found = 160, {}
    part = MentionProperties(
        100,
        np.sort(random.integers(100, size=number)).astype(np.int32),
        random.integers(3, size=number).astype(np.int8),
        random.integers(1, 7, size=number).astype(np.int32),
        random.choice([0, 0, 1, 2, 9, 10, 40], size=number).astype(np.int32),
        TYPES,
    )
    properties = {
        "yo": {("regular", "yo"): part},
        "multilingual": {("regular", code): part for code in ("yo", "hi")} | {("in-language", "yo"): part},
    }
    for training_set, keys in properties.items():
        for variant, share in (("dense", 0.7), ("partial-50", 0.6), ("full-90", 0.3)):
            for seed in range(1, seeds + 1):
                found[Run(training_set, variant, seed)] = {key: random.random(number) < share for key in keys}
    table = table_of(found, properties, resamples=20)
    by_language = table[table["language"] != "mean"].set_index([*KEYS, "test_set"])["estimate"].to_dict()
    expected = {}
    for training_set, keys in properties.items():
        for key in keys:
            for mentions in mention_classes(TYPES) if key[0] == "regular" else [ALL]:
                for kind in ("forgotten", "gained"):
                    shares = {
                        variant: oracle(found, properties, kind, mentions, training_set, key, variant)
                        for variant in ("dense", "partial-50", "full-90")
                    }
                    if shares["dense"] is None:
                        continue
                    setting = "multilingual" if training_set == "multilingual" else "monolingual"
                    for variant, scope, sparsity in (
                        ("dense", "", 0),
                        ("partial-50", "partial", 50),
                        ("full-90", "full", 90),
                    ):
                        place = (setting, key[1], *mentions, scope, sparsity, key[0])
                        expected[kind, *place] = shares[variant]
                        if sparsity:
                            expected[f"{kind}_beyond_floor", *place] = shares[variant] - shares["dense"]
    assert len(expected) > 200
    assert by_language == pytest.approx(expected, abs=1e-6)


def test_means_are_over_the_languages_and_over_those_of_a_script():
    table = study_of_two()
    rows = table[(table["statistic"] == "forgotten") & (table["property"] == "all") & (table["sparsity"] == 50)]
    by_place = {(row.language, row.group): row.estimate for row in rows.itertuples()}
    assert by_place["mean", ""] == pytest.approx((by_place["yo", ""] + by_place["hi", ""]) / 2)
    assert by_place["mean", "script Latin"] == by_place["yo", ""]
    assert by_place["mean", "script Devanagari"] == by_place["hi", ""]
    assert set(table.loc[table["property"] != "all", "group"]) == {""}


def study_of_two() -> pd.DataFrame:
    random = np.random.default_rng(0)
    found = {
        Run("multilingual", variant, seed): {("regular", code): random.random(40) < share for code in ("yo", "hi")}
        for variant, share in (("dense", 0.9), ("partial-50", 0.5))
        for seed in (1, 2)
    }
    part = mentions_of(40)
    return table_of(found, {"multilingual": {("regular", code): part for code in ("yo", "hi")}})


def test_a_study_of_one_script_has_no_means_of_scripts():
    table = forgetting_table(
        {
            Run("yo", "dense", 1): {("regular", "yo"): np.ones(12, dtype=bool)},
            Run("yo", "full-50", 1): {("regular", "yo"): np.zeros(12, dtype=bool)},
        },
        {"yo": {("regular", "yo"): mentions_of(12)}},
        {"yo": "Latin", "sw": "Latin"},
        seed=0,
        resamples=20,
    )
    assert len(table) and set(table["group"]) == {""}


def test_intervals_contain_the_true_value():
    """Simulated studies of two languages, three seeds and 200 mentions, each found with a chance of its own.

    A seed moves the log-odds of all mentions of a model by a standard deviation of 0.3. The true values are those of
    endlessly many models and mentions, by numerical means over both.
    """
    random = np.random.default_rng(0)
    shifts = {"dense": 0.0, "partial-50": -0.2, "partial-70": -0.5, "partial-90": -1.5}

    def chance(ease, shift, of_seed):
        return 1 / (1 + np.exp(-(ease + shift + of_seed)))

    ease, of_seeds = random.normal(1.5, 2, 10000), random.normal(0, 0.3, 100)
    found_by = {
        variant: np.mean([chance(ease, shift, of_seed) for of_seed in of_seeds], axis=0)
        for variant, shift in shifts.items()
    }
    dense = found_by["dense"]
    forgets = {variant: (dense * (1 - finds)).mean() / dense.mean() for variant, finds in found_by.items()}
    truths = {int(variant[-2:]): forgets[variant] - forgets["dense"] for variant in shifts if variant != "dense"}
    inside = []
    for seed in range(20):
        found, properties = {}, {}
        for language in ("yo", "hi"):
            ease = random.normal(1.5, 2, 200)
            properties[language] = {("regular", language): mentions_of(200)}
            for variant, number in product(shifts, (1, 2, 3)):
                finds = random.random(200) < chance(ease, shifts[variant], random.normal(0, 0.3))
                found[Run(language, variant, number)] = {("regular", language): finds}
        counts = [share_counts(run, found, properties[run.training_set], FORGOTTEN, ALL, ["regular"]) for run in found]
        cells = Cells(resample(list(found), counts, seed=seed, resamples=300))
        for level, truth in truths.items():
            pruned, dense = (Cell("monolingual", "regular", "partial", each) for each in (level, 0))
            for beyond in cells.f1(pruned, properties) - cells.f1(dense, properties):
                interval = estimate(beyond)
                inside.append(interval.low <= truth <= interval.high)
    assert len(inside) == 20 * 2 * 3
    assert np.mean(inside) >= 0.9


def test_p_values_are_adjusted_over_languages():
    table = study_of_two()
    beyond = table[(table["statistic"] == "forgotten_beyond_floor") & (table["property"] == "all")]
    of_languages, means = beyond[beyond["language"] != "mean"], beyond[beyond["language"] == "mean"]
    cells = of_languages.groupby(["setting", "test_set", "scope", "sparsity"])
    for _, rows in cells:
        assert rows["p_adjusted"].to_numpy() == pytest.approx(stats.false_discovery_control(rows["p_value"]))
    assert (of_languages["p_adjusted"] > of_languages["p_value"]).any()
    assert means["p_value"].notna().all() and means["p_adjusted"].isna().all()


@pytest.mark.parametrize(
    ("mentions", "members"),
    [
        (ALL, [True] * 6),
        (MentionClass("type", "LOC"), [False, False, False, False, True, True]),
        (MentionClass("words", "1"), [True, False, False, False, False, True]),
        (MentionClass("words", "4 or more"), [False, False, False, True, True, False]),
        (MentionClass("training frequency", "0"), [True, False, False, False, False, False]),
        (MentionClass("training frequency", "1"), [False, True, False, False, False, False]),
        (MentionClass("training frequency", "2 to 9"), [False, False, True, True, False, False]),
        (MentionClass("training frequency", "10 or more"), [False, False, False, False, True, True]),
        (MentionClass("overlap", "seen"), [False, True, True, True, True, True]),
        (MentionClass("overlap", "unseen"), [True, False, False, False, False, False]),
    ],
)
def test_classes_of_mentions(mentions, members):
    part = MentionProperties(
        6,
        np.arange(6),
        np.array([0, 0, 1, 1, 2, 2]),
        np.array([1, 2, 3, 4, 7, 1]),
        np.array([0, 1, 2, 9, 10, 500]),
        TYPES,
    )
    assert mentions.members(part).tolist() == members
    assert mentions in mention_classes(TYPES)


def test_a_share_of_fewer_than_ten_mentions_is_left_out():
    """Of 12 mentions the dense models find 9.5 on average, then 10: with fewer no share is given."""
    few = {("dense", 1): range(10), ("dense", 2): range(9), ("partial-50", 1): (), ("partial-50", 2): ()}
    assert study_of_yoruba(few).empty
    enough = study_of_yoruba(few | {("dense", 2): range(10)})
    assert value(enough, "forgotten", 50) == 1


def test_a_file_holds_the_table_number_by_number(tmp_path):
    table = study_of_two()
    write_forgetting(tmp_path / "forgotten.parquet", table)
    pd.testing.assert_frame_equal(read_forgetting(tmp_path / "forgotten.parquet"), table, check_exact=True)
    write_table(tmp_path / "other.parquet", pa.table({"language": ["yo"]}))
    with pytest.raises(InputError, match="other.parquet: columns language; expected statistic, setting"):
        read_forgetting(tmp_path / "other.parquet")


# Recall


def seen_and_unseen(found: Mapping[Run, Sequence[bool]], frequency: Sequence[int], resamples: int = 500):
    key = ("regular", "yo")
    part = mentions_of(len(frequency), frequency)
    runs = {run: {key: np.array(each)} for run, each in found.items()}
    return resampled_recall(runs, {"yo": {key: part}}, seed=0, resamples=resamples)


def test_recall_worked_out_by_hand():
    """Of 10 seen mentions the dense model finds 9, of 20 unseen ones 10."""
    frequency = [1] * 10 + [0] * 20
    dense = [True] * 9 + [False] + [True, False] * 10
    replicates = seen_and_unseen({Run("yo", "dense", 1): dense}, frequency)
    cells = Cells(replicates)
    seen, unseen = (Cell("monolingual", name, "", 0) for name in (SEEN_MENTIONS, UNSEEN_MENTIONS))
    assert cells.f1(seen, ["yo"])[0, 0] == pytest.approx(0.9)
    assert cells.f1(unseen, ["yo"])[0, 0] == pytest.approx(0.5)
    assert replicates.cells["test_set"].tolist() == [SEEN_MENTIONS, UNSEEN_MENTIONS]


def test_seen_and_unseen_mentions_vary_apart_over_seeds():
    """Were the same noise of seeds drawn for both, it would cancel out of the gap between them."""
    random = np.random.default_rng(1)
    frequency = [1] * 3000 + [0] * 3000
    found = {Run("yo", "dense", seed): random.random(6000) < share for seed, share in ((1, 0.5), (2, 0.6), (3, 0.7))}
    cells = Cells(seen_and_unseen(found, frequency, resamples=2000))
    seen, unseen = (
        cells.f1(Cell("monolingual", name, "", 0), ["yo"])[0, 1:] for name in (SEEN_MENTIONS, UNSEEN_MENTIONS)
    )
    assert 0.3 < np.corrcoef(seen, unseen)[0, 1] < 0.7  # half of it is common to a model
    assert seen.std() > 0.03


def test_recall_of_few_mentions_is_no_cell(tmp_path):
    replicates = seen_and_unseen({Run("yo", "dense", 1): [True] * 18}, [1] * 9 + [0] * 9)
    assert len(replicates.cells) == 0
    other = seen_and_unseen({Run("yo", "dense", 1): [True] * 18}, [1] * 18)
    assert joined([replicates, other]).cells["test_set"].tolist() == [SEEN_MENTIONS]


def test_the_scripts_write_what_the_functions_return(tmp_path):
    random = np.random.default_rng(0)
    runs, found = {}, {}
    for variant in ("dense", "partial-50"):
        for seed in (1, 2):
            run = Run("yo", variant, seed)
            found[run] = {("regular", "yo"): random.random(30) < 0.7}
            runs[run] = str(tmp_path / f"{variant}-{seed}.parquet")
            write_found(runs[run], found[run])
    properties = {("regular", "yo"): mentions_of(30, [1] * 15 + [0] * 15)}
    write_properties(tmp_path / "yo.parquet", properties)
    mentions = {"yo": str(tmp_path / "yo.parquet")}
    groups_of({"yo": 100}, scripts={"yo": "Latin"}).reset_index().to_csv(tmp_path / "groups.csv", index=False)

    recall_script.main(runs, mentions, 0, 100, tmp_path / "recall.parquet")
    expected = resampled_recall(found, {"yo": properties}, seed=0, resamples=100)
    assert np.array_equal(read_replicates(tmp_path / "recall.parquet").values, expected.values)
    forgotten_script.main(
        runs, mentions, tmp_path / "groups.csv", 0, 100, tmp_path / "forgotten.parquet", tmp_path / "forgotten.csv"
    )
    table = forgetting_table(found, {"yo": properties}, {"yo": "Latin"}, seed=0, resamples=100)
    pd.testing.assert_frame_equal(read_forgetting(tmp_path / "forgotten.parquet"), table, check_exact=True)
    assert list(pd.read_csv(tmp_path / "forgotten.csv").columns) == FORGETTING_COLUMNS


def test_recall_of_no_mention_is_written_and_read(tmp_path):
    """As of the tiny study, whose test sets have too few mentions."""
    write_found(tmp_path / "found.parquet", {("regular", "yo"): np.array([True])})
    write_properties(tmp_path / "yo.parquet", {("regular", "yo"): mentions_of(1)})
    runs = {Run("yo", "dense", 1): str(tmp_path / "found.parquet")}
    recall_script.main(runs, {"yo": str(tmp_path / "yo.parquet")}, 0, 100, tmp_path / "recall.parquet")
    empty = read_replicates(tmp_path / "recall.parquet")
    assert len(empty.cells) == 0
    whole = seen_and_unseen({Run("yo", "dense", 1): [True] * 10}, [1] * 10)
    assert joined([whole, empty]).values.shape == whole.values.shape
    assert np.isfinite(estimate(whole.values[0]).low)
