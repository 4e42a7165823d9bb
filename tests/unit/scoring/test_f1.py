"""Scores equal seqeval's, the chance floor equals seqeval's on sentences put out of line, and the table is complete."""

import json
import random
import warnings
from pathlib import Path

import chance_floor as chance_floor_script
import collect_scores
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import score as score_script
from ner_pruning.data.mentions import LABELS, TYPES, find_mentions
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError, sentence_digest, write_json
from ner_pruning.scoring.chance_floor import chance_floor, draw_derangement, shuffle_floor
from ner_pruning.scoring.confidence import read_confidence
from ner_pruning.scoring.f1 import SCORE_COLUMNS, read_counts, score, sentence_counts, write_scores
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_manifest, write_predictions
from ner_pruning.scoring.score_table import (
    NOVELTY_COLUMNS,
    RUN_COLUMNS,
    read_all_scores,
    read_scores,
    without_mentions,
)
from ner_pruning.terms import Run
from real_data import WIKIANN, needs_wikiann
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as support_by_type
from seqeval.scheme import IOB2

OUT, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)


def names(tags):
    return [[LABELS[tag] for tag in sentence] for sentence in tags]


def seqeval_scores(gold, predicted):
    gold, predicted = names(gold), names(predicted)
    true, found = set(get_entities(gold)), set(get_entities(predicted))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # seqeval warns of undefined ratios
        present = sorted({type for type, _, _ in true | found})
        _, _, f1, support = support_by_type(gold, predicted)
        f1, support = dict(zip(present, f1, strict=True)), dict(zip(present, support, strict=True))
        return {
            "sentences": len(gold),
            "words": sum(len(sentence) for sentence in gold),
            "mentions": len(true),
            "predicted": len(found),
            "correct": len(true & found),
            "precision": precision_score(gold, predicted),
            "recall": recall_score(gold, predicted),
            "f1": f1_score(gold, predicted),
            **{f"f1_{type}": f1.get(type, 0) for type in TYPES},
            **{f"support_{type}": support.get(type, 0) for type in TYPES},
            "f1_strict": f1_score(gold, predicted, mode="strict", scheme=IOB2),
        }


def read_gold(language):
    return pq.read_table(Path(WIKIANN, language, "test-00000-of-00001.parquet"))["ner_tags"].to_pylist()


def corrupt(tags, share, draw):
    """Give each tag, with a probability, any other value: all kinds of invalid sequences and wrong ends."""
    return [[draw.randrange(7) if draw.random() < share else tag for tag in sentence] for sentence in tags]


def corrupt_mentions(tags, share, draw):
    """Drop, shorten or retype a share of the mentions."""
    result = [list(sentence) for sentence in tags]
    for sentence in result:
        for type, start, end in find_mentions(sentence):
            if draw.random() < share:
                kind = draw.choice(["drop", "shorten", "retype"])
                if kind == "retype":
                    begin = 1 + 2 * draw.choice([n for n in range(3) if TYPES[n] != type])
                    sentence[start:end] = [begin] + [begin + 1] * (end - start - 1)
                else:
                    sentence[start if kind == "drop" else end - 1 : end] = [OUT] * (
                        end - start if kind == "drop" else 1
                    )
    return result


def test_scores_worked_out_by_hand():
    gold = [[B_PER, I_PER, OUT, B_LOC], [I_ORG, I_ORG], [OUT]]
    predicted = [[B_PER, I_PER, OUT, B_ORG], [I_ORG, OUT], [B_LOC]]
    # gold PER(0,2) LOC(3,4) ORG(0,2); predicted PER(0,2) ORG(3,4) ORG(0,1) LOC(0,1); one is right
    scores = score(gold, predicted)
    assert (scores["sentences"], scores["words"]) == (3, 7)
    assert (scores["mentions"], scores["predicted"], scores["correct"]) == (3, 4, 1)
    assert (scores["precision"], scores["recall"]) == (1 / 4, 1 / 3)
    assert scores["f1"] == pytest.approx(2 / 7)
    assert (scores["f1_PER"], scores["f1_ORG"], scores["f1_LOC"]) == (1.0, 0.0, 0.0)
    assert [scores[f"support_{type}"] for type in TYPES] == [1, 1, 1]
    assert scores["f1_strict"] == pytest.approx(2 / 5)  # without the two mentions that begin with I-: 1 of 2 and 3
    assert {"test_set", "language", "words_lost", *scores} == set(SCORE_COLUMNS)


@pytest.mark.parametrize("seed", range(60))
def test_scores_equal_seqeval_on_random_tags(seed):
    draw = random.Random(seed)
    lengths = [draw.randint(1, 9) for _ in range(draw.randint(1, 40))]
    weights = draw.choice(
        [[1] * 7, [9, 1, 1, 1, 1, 1, 1], [1, 0, 3, 0, 3, 0, 3], [1, 3, 0, 3, 0, 3, 0], [0, 1, 1, 0, 0, 0, 0]]
    )
    gold = [draw.choices(range(7), weights, k=length) for length in lengths]
    predicted = corrupt(gold, draw.choice([0, 0.2, 1]), draw)
    assert score(gold, predicted) == seqeval_scores(gold, predicted)


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [
        ([[OUT, OUT], [OUT]], [[OUT, OUT], [OUT]]),
        ([[OUT, OUT], [OUT]], [[B_PER, I_PER], [OUT]]),
        ([[B_PER, I_PER], [B_LOC]], [[OUT, OUT], [OUT]]),
        ([[B_PER, I_LOC, B_LOC, B_LOC], [I_PER]], [[B_PER, I_LOC, B_LOC, B_LOC], [I_PER]]),
        ([[I_PER], [I_PER]], [[I_PER], [B_PER]]),  # a mention must not run on into the next sentence
        ([[I_PER, I_ORG]], [[I_PER, I_ORG]]),  # no mention in strict mode
    ],
)
def test_scores_equal_seqeval_on_edge_cases_without_warnings(gold, predicted):
    expected = seqeval_scores(gold, predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert score(gold, predicted) == expected


def test_counts_of_sentences_worked_out_by_hand():
    # One of two mentions found, and a third predicted; a sentence without any; a wrong type; a mention too long.
    gold = [[1, 2, 0, 3], [0, 0], [5], [3, 0]]
    predicted = [[1, 2, 5, 1], [0, 0], [3], [3, 4]]
    assert sentence_counts(gold, predicted).tolist() == [[1, 3, 2], [0, 0, 0], [0, 1, 1], [0, 1, 1]]


@pytest.mark.parametrize("seed", range(5))
def test_counts_of_sentences_add_up_to_the_scores(seed):
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 12, size=60)
    gold, predicted = ([random.integers(0, 7, size=n).tolist() for n in lengths] for _ in range(2))
    scores = score(gold, predicted)
    assert sentence_counts(gold, predicted).sum(axis=0).tolist() == [
        scores[column] for column in ("correct", "predicted", "mentions")
    ]
    alone = [sentence_counts([one], [other])[0].tolist() for one, other in zip(gold, predicted, strict=True)]
    assert sentence_counts(gold, predicted).tolist() == alone


def test_no_sentence_at_all():
    scores = score([], [])
    assert scores["sentences"] == scores["words"] == scores["mentions"] == scores["f1"] == 0


@pytest.mark.parametrize("predicted", [[[OUT]], [[OUT, OUT], [OUT]], [[OUT]] * 3])
def test_unequal_lengths_are_refused(predicted):
    with pytest.raises(ValueError, match="differ in number"):
        score([[OUT], [OUT]], predicted)


@needs_wikiann
@pytest.mark.parametrize("language", ["yo", "jv", "hi", "te", "ja"])
def test_scores_equal_seqeval_on_real_gold(language):
    draw = random.Random(language)
    gold = read_gold(language)[:2000]
    for predicted in (corrupt_mentions(gold, 0.2, draw), corrupt(gold, 0.1, draw)):
        assert score(gold, predicted) == seqeval_scores(gold, predicted)


def out_of_line(tags, derangement):
    """Return the gold of sentence j for the sentence derangement[j], cut or filled up with O."""
    predicted = [None] * len(tags)
    for source, target in enumerate(derangement):
        length = len(tags[target])
        predicted[target] = (tags[source] + [OUT] * length)[:length]
    return predicted


def floor_by_seqeval(tags, seed, derangements):
    generator = np.random.default_rng(seed)
    scores = []
    for _ in range(derangements):
        predicted = out_of_line(tags, draw_derangement(len(tags), generator))
        scores.append(seqeval_scores(tags, predicted)["f1"])
    return scores


def assert_floor(floor, expected):
    """Its mean and its ends are those of the F1 of the draws."""
    assert floor["mean"] == pytest.approx(np.mean(expected), rel=1e-12)
    assert (floor["low"], floor["high"]) == pytest.approx(tuple(np.percentile(expected, [2.5, 97.5])), rel=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_chance_floor_equals_seqeval_on_sentences_out_of_line(seed):
    draw = random.Random(seed)
    # Few tags and short sentences, so that matches, cut mentions and I- without B- abound.
    tags = [draw.choices(range(4), k=draw.randint(1, 6)) for _ in range(draw.randint(2, 30))]
    expected = floor_by_seqeval(tags, seed, 5)
    floor = chance_floor(tags, seed=seed, derangements=5)
    assert_floor(floor, expected)


@needs_wikiann
@pytest.mark.parametrize("language", ["yo", "ja"])  # ja has many I- without B-
def test_chance_floor_equals_seqeval_on_real_gold(language):
    tags = read_gold(language)[:1500]
    assert chance_floor(tags, seed=7, derangements=2)["mean"] == pytest.approx(np.mean(floor_by_seqeval(tags, 7, 2)))


def test_chance_floor_cuts_a_mention_that_is_too_long():
    # The only derangement swaps both: PER(0,3) cut to PER(0,2) is right, PER(0,2) for PER(0,3) is wrong.
    floor = chance_floor([[B_PER, I_PER, I_PER], [B_PER, I_PER]], seed=1, derangements=3)
    assert floor == {"mean": 0.5, "low": 0.5, "high": 0.5, "derangements": 3}


def test_chance_floor_without_other_sentences_or_mentions():
    assert chance_floor([[B_PER]], seed=1) == {"mean": None, "low": None, "high": None, "derangements": 0}
    assert chance_floor([], seed=1)["mean"] is None
    none = {"mean": None, "low": None, "high": None, "derangements": 0}
    assert chance_floor([[OUT], [OUT, OUT]], seed=1) == none  # other sentences cannot find what is not there


def shuffled_by_seqeval(tags, seed, shuffles):
    generator = np.random.default_rng(seed)
    words, limits = np.concatenate(tags), np.cumsum([len(sentence) for sentence in tags])[:-1]
    draws = [np.split(generator.permutation(words), limits) for _ in range(shuffles)]
    return [seqeval_scores(tags, [part.tolist() for part in parts])["f1"] for parts in draws]


@pytest.mark.parametrize("seed", range(12))
def test_shuffle_floor_equals_seqeval_on_shuffled_tags(seed):
    draw = random.Random(seed)
    tags = [draw.choices(range(4), k=draw.randint(1, 6)) for _ in range(draw.randint(1, 30))]
    expected = shuffled_by_seqeval(tags, seed, 6)
    floor = shuffle_floor(tags, seed=seed, shuffles=6)
    assert_floor(floor, expected)
    assert floor["shuffles"] == 6


@needs_wikiann
@pytest.mark.parametrize("language", ["yo", "ja"])
def test_shuffle_floor_equals_seqeval_on_real_gold(language):
    tags = read_gold(language)[:1500]
    floor = shuffle_floor(tags, seed=7, shuffles=2)
    assert floor["mean"] == pytest.approx(np.mean(shuffled_by_seqeval(tags, 7, 2)))


def test_shuffle_floor_worked_out_by_hand():
    """Of the tags B-PER, B-PER, O of a sentence two orders of three have one mention right, the third has both."""
    floor = shuffle_floor([[B_PER, B_PER, OUT]], seed=0, shuffles=20_000)
    assert floor["mean"] == pytest.approx((1 + 0.5 + 0.5) / 3, abs=0.01)
    assert (floor["low"], floor["high"]) == (0.5, 1.0)
    # B-PER and I-PER: the mention PER(0,2) in one order of two; the other has PER(0,1) and PER(1,2)
    assert shuffle_floor([[B_PER, I_PER]], seed=0, shuffles=20_000)["mean"] == pytest.approx(0.5, abs=0.02)
    none = {"mean": None, "low": None, "high": None, "shuffles": 0}
    assert shuffle_floor([[OUT], [OUT, OUT]], seed=1) == shuffle_floor([], seed=1) == none


@needs_wikiann
@pytest.mark.parametrize("language", ["en", "yo", "zh"])
def test_tags_without_information_score_below_the_gold_of_other_sentences(language):
    tags = read_gold(language)
    assert shuffle_floor(tags, seed=1)["mean"] < 0.75 * chance_floor(tags, seed=1)["mean"]


def test_derangements_are_uniform():
    generator = np.random.default_rng(0)
    drawn = [tuple(draw_derangement(4, generator)) for _ in range(9000)]
    numbers = {derangement: drawn.count(derangement) for derangement in set(drawn)}
    assert len(numbers) == 9  # 4 items have nine derangements
    assert all(abs(number - 1000) < 4 * 30 for number in numbers.values())  # standard deviation 29.8


FLOORS = {
    **{"en": 0.042, "zh": 0.028, "bn": 0.165, "eu": 0.040, "af": 0.034},
    **{"hi": 0.082, "sw": 0.077, "te": 0.034, "jv": 0.055, "yo": 0.137},
}
"""Measured beforehand on the regular test sets, with permutations in which a sentence may keep its own gold.

With 100 sentences that adds about 1/100 (jv and yo: 0.042 and 0.126 over all pairs of different sentences).
"""


@needs_wikiann
@pytest.mark.parametrize("language", FLOORS)
def test_chance_floors_of_the_real_test_sets(language):
    tags = read_gold(language)
    floor = chance_floor(tags, seed=1)
    deviation = (floor["high"] - floor["low"]) / (2 * 1.96)  # of one derangement
    assert floor["low"] < floor["mean"] < floor["high"]
    assert floor["mean"] == pytest.approx(FLOORS[language], abs=3 * deviation if len(tags) == 100 else 0.01)


@needs_wikiann
@pytest.mark.parametrize("language", ["jv", "yo"])
def test_mean_chance_floor_equals_that_of_all_pairs_of_different_sentences(language):
    tags = read_gold(language)
    gold = [set(find_mentions(sentence)) for sentence in tags]
    correct = predicted = 0
    for mentions, own in zip(gold, tags, strict=True):
        others = [set(find_mentions(other[: len(own)])) for other in tags if other is not own]
        correct += sum(len(mentions & other) for other in others)
        predicted += sum(map(len, others))
    expected = 2 * correct / (predicted + (len(tags) - 1) * sum(map(len, gold)))
    assert chance_floor(tags, seed=1, derangements=4000)["mean"] == pytest.approx(expected, abs=0.002)


def test_chance_floor_script(tmp_path):
    tokens, tags = [["a", "b"], ["c"]], [[B_PER, I_PER], [B_PER]]
    one = Corpus(tokens[:1], tags[:1])
    write_evaluation(tmp_path / "yo.parquet", {"validation": one, "regular": Corpus(tokens, tags), "in-language": one})
    chance_floor_script.main(str(tmp_path / "yo.parquet"), 3, 10, str(tmp_path / "floors.json"))
    floors = json.loads((tmp_path / "floors.json").read_text())
    shuffled = {name: floor.pop("shuffled") for name, floor in floors.items()}
    assert shuffled == {
        "regular": shuffle_floor(tags, seed=3, shuffles=10),
        "in-language": shuffle_floor(tags[:1], seed=3, shuffles=10),
    }
    # PER(0,1) cut from PER(0,2) is right, PER(0,1) for PER(0,2) is wrong
    assert floors["regular"] == {"mean": 0.5, "low": 0.5, "high": 0.5, "derangements": 10}
    assert floors["in-language"]["mean"] is None
    assert set(floors) == {"regular", "in-language"}


GOLD = {
    "yo": Corpus([["Èkó", "tóbi"], ["Wọlé"]], [[B_LOC, OUT], [B_PER]]),
    "hi": Corpus([["दिल्ली", "में", "राम"]], [[B_LOC, OUT, B_PER]]),
}


@pytest.fixture
def scored_run(tmp_path):
    """A run of two languages and two test sets: its manifest, folder and gold; hi has one word lost."""
    gold, parts = {}, []
    for language, corpus in GOLD.items():
        gold[language] = str(tmp_path / f"{language}.parquet")
        write_evaluation(gold[language], {"validation": corpus, "regular": corpus})
        predicted = corpus.tags if language == "yo" else [[B_LOC, OUT, OUT]]
        digests = [sentence_digest(sentence) for sentence in corpus.tokens]
        parts.append(LanguagePredictions(language, digests, predicted, [0, 0] if language == "yo" else [1]))
    files = {name: tmp_path / "predictions" / f"{name}.parquet" for name in ("validation", "regular")}
    for path in files.values():
        write_predictions(path, parts)
    write_manifest(tmp_path / "predictions.json", files)
    return tmp_path / "predictions.json", tmp_path / "predictions", gold


def outputs(folder):
    return {name: folder / name for name in ("out_csv", "out_counts", "out_confidence", "out_found")}


def test_score_script(scored_run, tmp_path):
    score_script.main(*scored_run, "multilingual/dense/seed-1", **outputs(tmp_path))
    scores = read_scores(tmp_path / "out_csv")
    assert list(zip(scores["test_set"], scores["language"], strict=True)) == [
        ("validation", "yo"),
        ("validation", "hi"),
        ("regular", "yo"),
        ("regular", "hi"),
    ]
    assert list(scores["f1"]) == [1.0, 2 / 3, 1.0, 2 / 3]  # hi: precision 1, recall 1/2
    assert list(scores["words_lost"]) == [0, 1, 0, 1]
    assert (scores.dtypes.astype(str) == pd.Series(SCORE_COLUMNS)).all()
    counts = read_counts(tmp_path / "out_counts")
    assert read_confidence(tmp_path / "out_confidence") == {}  # these predictions have none
    assert {key: part.tolist() for key, part in counts.items()} == {
        ("regular", "yo"): [[1, 1, 1], [1, 1, 1]],
        ("regular", "hi"): [[1, 1, 2]],
    }


def test_score_script_refuses_other_languages_test_sets_and_sentences(scored_run, tmp_path):
    manifest, folder, gold = scored_run
    run, out = "multilingual/dense/seed-1", outputs(tmp_path)

    def refused(gold, message):
        with pytest.raises(InputError, match=f"run {run}, language {message}"):
            score_script.main(manifest, folder, gold, run, **out)
        assert not any(path.exists() for path in out.values())

    refused({"hi": gold["hi"]}, "yo, test set regular: no gold")
    refused({**gold, "sw": gold["yo"]}, "sw, test set regular: no predictions")
    refused({"yo": gold["hi"], "hi": gold["yo"]}, "yo, test set validation, sentence 0: ")
    write_evaluation(gold["hi"], {"validation": GOLD["hi"], "regular": GOLD["hi"], "in-family": GOLD["hi"]})
    refused(gold, "hi, test set in-family: no predictions")


def test_scores_survive_writing_to_the_last_bit(tmp_path):
    values = dict.fromkeys(SCORE_COLUMNS, 0) | {"test_set": "regular", "language": "nan", "f1": 0.1 + 0.2}
    write_scores(tmp_path / "scores.csv", [values])
    scores = read_scores(tmp_path / "scores.csv")
    assert scores["f1"][0] == 0.1 + 0.2
    assert scores["language"][0] == "nan"  # Min Nan's code is no missing number


@pytest.mark.parametrize(("text", "message"), [("a,b\n1,2\n", "columns a, b; expected test_set"), ("", "not a table")])
def test_other_tables_are_refused(tmp_path, text, message):
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(InputError, match=f"scores.csv: {message}"):
        read_scores(tmp_path / "scores.csv")


MENTIONS = {"yo": 8, "hi": 5}


def make_study(folder, multilingual_languages=("yo", "hi"), mentions=MENTIONS):
    """Write the inputs of collect_scores: yo has an in-language set, hi has not; F1 tells the rows apart.

    mentions: in the test sets of each language.
    """
    test_sets = {"yo": ["validation", "regular", "in-language"], "hi": ["validation", "regular"]}
    grid = [Run("yo", "dense", 2), Run("yo", "dense", 1), Run("yo", "partial-50", 1), Run("multilingual", "full-98", 1)]
    runs = []
    for number, (training_set, variant, seed) in enumerate(grid):
        languages = multilingual_languages if training_set == "multilingual" else [training_set]
        rows = [
            dict.fromkeys(SCORE_COLUMNS, 0)
            | {"test_set": test_set, "language": language, "f1": number / 10, "mentions": mentions[language]}
            for language in languages
            for test_set in test_sets[language]
        ]
        path = folder / f"{number}.csv"
        write_scores(path, rows)
        runs.append((Run(training_set, variant, seed), str(path)))
    floors, overlap = {}, {}
    for language, floor in (("yo", 0.1), ("hi", None)):
        values = {"mean": floor, "low": floor, "high": floor, "derangements": 100 if floor else 0}
        values["shuffled"] = {"mean": floor and floor / 2, "low": 0.01, "high": 0.09, "shuffles": 100}
        floors[language] = str(folder / f"floors-{language}.json")
        write_json(floors[language], {test_set: values for test_set in test_sets[language] if test_set != "validation"})
    for training_set, share in (("yo", "0.25"), ("multilingual", "")):
        overlap[training_set] = str(folder / f"overlap-{training_set}.csv")
        rows = [f"{language},{name},4,3,{share}" for language in test_sets for name in test_sets[language]]
        Path(overlap[training_set]).write_text(
            "\n".join(["language,test_set,mentions,seen,unseen_share", *rows, ""]), encoding="utf-8"
        )
    write_json(folder / "perturbed.json", {"mentions": 8, "changed": 6, "kept": 2})
    records = [str(folder / "run-0.json"), str(folder / "run-1.json")]
    for path in records:
        write_json(path, {"precision": "fp32"})
    return runs, records, floors, overlap, {("in-language", "yo"): str(folder / "perturbed.json")}


def test_a_test_set_without_a_mention_has_no_f1_but_in_the_file(tmp_path):
    out = [tmp_path / "scores.parquet", tmp_path / "scores.csv"]
    collect_scores.main(*make_study(tmp_path, mentions={"yo": 8, "hi": 0}), *map(str, out))
    scores = read_all_scores(out[0]).set_index(["training_set", "seed", "test_set", "language"])["f1"]
    assert scores["multilingual", 1, "regular", "yo"] == 0.3 and scores["yo", 2, "regular", "yo"] == 0.0
    assert np.isnan(scores["multilingual", 1, "regular", "hi"])
    assert without_mentions(read_all_scores(out[0])) == {"regular": ["hi"]}
    stored = pd.read_csv(out[1]).set_index(["training_set", "test_set", "language"])["f1"]
    assert stored["multilingual", "regular", "hi"] == 0.3  # as it was scored


def test_a_study_without_a_mention_is_refused(tmp_path):
    out = [tmp_path / "scores.parquet", tmp_path / "scores.csv"]
    with pytest.raises(
        InputError, match="^scores: no test set has a mention; expected one or more, F1 is of mentions$"
    ):
        collect_scores.main(*make_study(tmp_path, mentions={"yo": 0, "hi": 0}), *map(str, out))
    assert not any(path.exists() for path in out)


def test_collected_table(tmp_path):
    inputs = make_study(tmp_path)
    out = [tmp_path / "scores.parquet", tmp_path / "scores.csv"]
    collect_scores.main(*inputs, *map(str, out))
    table = pd.read_parquet(out[0])
    columns = ["training_set", "setting", "variant", "scope", "sparsity", "seed", "test_set", "language", "f1"]
    columns += ["chance_floor", "changed_share", "unseen_share"]
    shuffled = table.loc[table["test_set"] != "validation", ["language", "shuffle_floor"]].drop_duplicates()
    assert shuffled.dropna().to_numpy().tolist() == [["yo", 0.05]] and len(shuffled) == 2
    assert (
        table.dropna(subset=["chance_floor"])[["shuffle_floor_low", "shuffle_floor_high"]]
        .eq([0.01, 0.09])
        .all(axis=None)
    )
    rows = table[columns].astype(object).where(table[columns].notna(), None).to_numpy().tolist()
    yo, many = ["yo", "monolingual"], ["multilingual", "multilingual", "full-98", "full", 98, 1]
    assert rows == [
        [*many, "in-language", "yo", 0.3, 0.1, 0.75, None],
        [*many, "regular", "hi", 0.3, None, 0.0, None],
        [*many, "regular", "yo", 0.3, 0.1, 0.0, None],
        [*many, "validation", "hi", 0.3, None, None, None],
        [*many, "validation", "yo", 0.3, None, None, None],
        [*yo, "dense", "", 0, 1, "in-language", "yo", 0.1, 0.1, 0.75, 0.25],
        [*yo, "dense", "", 0, 1, "regular", "yo", 0.1, 0.1, 0.0, 0.25],
        [*yo, "dense", "", 0, 1, "validation", "yo", 0.1, None, None, None],
        [*yo, "dense", "", 0, 2, "in-language", "yo", 0.0, 0.1, 0.75, 0.25],
        [*yo, "dense", "", 0, 2, "regular", "yo", 0.0, 0.1, 0.0, 0.25],
        [*yo, "dense", "", 0, 2, "validation", "yo", 0.0, None, None, None],
        [*yo, "partial-50", "partial", 50, 1, "in-language", "yo", 0.2, 0.1, 0.75, 0.25],
        [*yo, "partial-50", "partial", 50, 1, "regular", "yo", 0.2, 0.1, 0.0, 0.25],
        [*yo, "partial-50", "partial", 50, 1, "validation", "yo", 0.2, None, None, None],
    ]
    assert set(table.columns) == {*RUN_COLUMNS, *SCORE_COLUMNS, *NOVELTY_COLUMNS}
    types = table.dtypes.astype(str)
    assert (types[NOVELTY_COLUMNS] == "float64").all()
    assert (types[["sparsity", "seed", "mentions"]] == "int64").all()

    first = [path.read_bytes() for path in out]
    assert out[1].read_text().splitlines()[0] == ",".join(table.columns)
    runs, *rest = inputs
    collect_scores.main(runs[::-1], *rest, *map(str, out))
    assert [path.read_bytes() for path in out] == first  # the order of the inputs does not matter


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("missing", "run yo/dense/seed-2, language yo, test set in-language: no scores"),
        ("twice", "run yo/dense/seed-2, language yo, test set validation: scores given twice"),
        ("unexpected", "run yo/dense/seed-2, language yo, test set in-script: scores that the study doesn't expect"),
        ("run twice", "run yo/dense/seed-2 is given twice"),
        ("language", "run multilingual/full-98/seed-1, language hi, test set regular: no scores"),
        ("overlap", "no unseen_share for training_set yo, language yo, test_set in-language"),
        ("overlap twice", "unseen_share given twice for training_set yo, language hi, test_set regular"),
        ("perturbed", "no changed_share for language yo, test_set in-language"),
    ],
)
def test_incomplete_tables_are_refused(tmp_path, damage, message):
    runs, records, floors, overlap, perturbed = make_study(tmp_path, ["yo"] if damage == "language" else ["yo", "hi"])
    path = Path(overlap["yo"] if damage.startswith("overlap") else runs[0][1])
    lines = path.read_text(encoding="utf-8").splitlines()
    if damage in ("missing", "overlap"):
        lines = [line for line in lines if "in-language" not in line]
    elif damage == "twice":
        lines.append(lines[1])
    elif damage == "unexpected":
        lines.append(lines[1].replace("validation", "in-script"))
    elif damage == "overlap twice":
        lines.append(lines[-1])
    elif damage == "run twice":
        runs[1] = (Run("yo", "dense", 2), runs[1][1])
    elif damage == "perturbed":
        perturbed = {}
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        out = str(tmp_path / "s.parquet"), str(tmp_path / "s.csv")
        collect_scores.main(runs, records, floors, overlap, perturbed, *out)
    assert not (tmp_path / "s.csv").exists()


def test_runs_of_different_precision_are_refused(tmp_path):
    inputs = make_study(tmp_path)
    write_json(inputs[1][1], {"precision": "bf16"})
    with pytest.raises(InputError, match=r"same precision, these have fp32 \(run .*run-0.json\), bf16 \(run .*run-1"):
        collect_scores.main(*inputs, str(tmp_path / "s.parquet"), str(tmp_path / "s.csv"))
