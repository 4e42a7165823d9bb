"""Predictions broken in each way are found to be so, good ones are not reported, and chance is never explained away."""

import random
from pathlib import Path

import diagnosis as script
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from ner_pruning.data.mentions import TYPES, find_mentions, mention_tags
from ner_pruning.data.overlap import known_mentions, typed_mentions
from ner_pruning.data.perturbation import mention_pool, replace_mentions
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import Corpus, write_corpus
from ner_pruning.files import InputError, sentence_digest
from ner_pruning.parquet import read_table, write_table
from ner_pruning.report.diagnosis_tables import diagnosis_tables
from ner_pruning.scoring import diagnosis
from ner_pruning.scoring.chance_floor import chance_floor
from ner_pruning.scoring.f1 import score
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_manifest, write_predictions
from ner_pruning.scoring.score_table import RUN_COLUMNS
from ner_pruning.terms import Provenance
from read_corpora import from_shards
from real_data import WIKIANN, needs_wikiann

OUT, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)
FLOOR_FACTOR = 2


def corrupt(tags, share, draw):
    """Give each tag, with a probability, any other value: wrong types, wrong ends and invalid sequences."""
    return [[draw.randrange(7) if draw.random() < share else tag for tag in sentence] for sentence in tags]


def noisy(tags, share, draw):
    """Drop or shorten a share of the mentions."""
    result = [list(sentence) for sentence in tags]
    for sentence in result:
        for _, start, end in find_mentions(sentence):
            if draw.random() < share:
                first = draw.choice([start, end - 1])
                sentence[first:end] = [OUT] * (end - first)
    return result


def fit(tags, length):
    """Cut tags to a length, or fill them up with O."""
    return (list(tags) + [OUT] * length)[:length]


def stand(tags, order):
    """Let the tags of sentence order[place] stand at each place."""
    return [fit(tags[sentence], len(tags[place])) for place, sentence in enumerate(order)]


def late(tags, words):
    """Let tags stand `words` words late, or early if below 0."""
    if words > 0:
        return [fit([OUT] * words + list(sentence), len(sentence)) for sentence in tags]
    return [fit(sentence[-words:], len(sentence)) for sentence in tags]


def renamed(tags, names):
    return [[names[tag] for tag in sentence] for sentence in tags]


def random_tags(seed, number=40):
    draw = random.Random(seed)
    return [draw.choices(range(7), [6, 2, 2, 2, 2, 2, 2], k=draw.randint(1, 7)) for _ in range(number)]


# Scores of re-aligned predictions


@pytest.mark.parametrize("seed", range(20))
def test_f1_of_predictions_in_line_is_that_of_score(seed):
    gold = random_tags(seed)
    predicted = corrupt(gold, 0.3, random.Random(seed))
    lengths = np.array([len(tags) for tags in gold])
    spans = diagnosis.find_spans(gold), diagnosis.find_spans(predicted)
    f1 = diagnosis.aligned_f1(*spans, lengths, np.arange(len(gold)))
    assert f1 == pytest.approx(score(gold, predicted)["f1"], rel=1e-12)


@pytest.mark.parametrize("shift", [-2, -1, 0, 1, 2, 9])
@pytest.mark.parametrize("seed", range(5))
def test_f1_of_realigned_predictions_is_that_of_score_on_the_words_that_both_have(seed, shift):
    gold = random_tags(seed)
    predicted = corrupt(gold, 0.3, random.Random(seed))
    order = np.random.default_rng(seed).permutation(len(gold))
    lengths = np.array([len(tags) for tags in gold])
    expected_gold, expected = [], []
    for place, sentence in enumerate(order):  # the tag at word + shift of the place is for the word of the sentence
        words = [w for w in range(len(gold[sentence])) if 0 <= w + shift < len(gold[place])]
        expected_gold.append([gold[sentence][word] for word in words])
        expected.append([predicted[place][word + shift] for word in words])
    spans = diagnosis.find_spans(gold), diagnosis.find_spans(predicted)
    f1 = diagnosis.aligned_f1(*spans, lengths, order, shift)
    assert f1 == pytest.approx(score(expected_gold, expected)["f1"], rel=1e-12)


def test_the_orders_that_are_tried():
    assert diagnosis.sentence_shifts(5, 100) == [-2, -1, 1, 2]
    assert diagnosis.sentence_shifts(4, 100) == [-1, 1, 2]  # two late is two early
    assert diagnosis.sentence_shifts(300, 2) == [-2, -1, 1, 2]
    assert diagnosis.sentence_shifts(1, 100) == []
    orders = diagnosis.other_orders([["b", "b"], ["c"], ["a", "b"], ["a"]])
    assert {name: order.tolist() for name, order in orders.items()} == {
        "in reverse": [3, 2, 1, 0],
        "sorted, shortest first": [1, 3, 0, 2],
        "sorted, longest first": [0, 2, 1, 3],
        "sorted by words": [3, 2, 0, 1],
    }
    assert list(diagnosis.other_orders([["a"], ["b"]])) == ["in reverse"]  # the others are the right order


def test_the_best_realignment_and_its_chance_by_hand():
    tokens = [["b"], ["a"], ["c"], ["d"]]
    types = [[B_PER], [B_ORG], [B_LOC], [B_LOC]]
    spans = diagnosis.find_spans(types), diagnosis.find_spans([types[3], types[0], types[1], types[2]])
    # two sentences late and one early are the other moves: each makes one sentence right
    assert diagnosis.best_realignment(*spans, tokens) == ("1 sentence late", 1.0, 1 / 4)


def test_what_stands_at_the_same_words_of_every_sentence_is_no_realignment():
    gold, predicted = [[OUT, B_PER, OUT]] * 5, [[B_PER, OUT, OUT]] * 5
    spans = diagnosis.find_spans(gold), diagnosis.find_spans(predicted)
    assert diagnosis.best_realignment(*spans, [["a", "b", "c"]] * 5) == ("1 word early", 1.0, 1.0)


# Relabelling


def test_the_best_relabelling_by_hand():
    gold = [[B_PER, I_PER, OUT, B_LOC], [B_PER, OUT]]
    predicted = [[B_LOC, I_LOC, OUT, B_PER], [B_LOC, OUT]]
    found = diagnosis.best_relabelling(gold, predicted)
    assert found.name == "B-PER→B-LOC B-LOC→B-PER I-LOC→I-PER"
    assert found.f1 == 1.0
    assert diagnosis.best_relabelling(gold, gold)[:2] == ("", 1.0)


def test_the_best_permutation_of_types_by_hand():
    # PER is predicted for LOC twice and for PER once, LOC for PER once: three of the five mentions can be right.
    gold = [[B_LOC, B_LOC, B_PER, B_PER, B_ORG, I_ORG]]
    predicted = [[B_PER, B_PER, B_PER, B_LOC, B_ORG, OUT]]
    spans = diagnosis.find_spans(gold), diagnosis.find_spans(predicted)
    found = diagnosis.best_type_permutation(*spans, np.array([6]))
    assert found.name == "PER→LOC LOC→PER"
    assert found.f1 == pytest.approx(2 * 3 / (5 + 5))
    no_spans = diagnosis.find_spans([[OUT]])
    assert diagnosis.best_type_permutation(no_spans, no_spans, np.array([1])) == ("", 0.0, 0.0)


# Classes of mentions


def test_classes_of_mentions_by_hand():
    regular = Corpus([["Ann", "saw", "Rome"], ["Bo"]], [[B_PER, OUT, B_LOC], [B_PER]])
    perturbed = Corpus([["Bo", "Li", "saw", "Rome"], ["Ann"]], [[B_PER, I_PER, OUT, B_LOC], [B_PER]])
    known = {("PER", ("Ann",)), ("ORG", ("Rome",)), ("PER", ("Bo",))}
    classes = diagnosis.mention_classes(regular, perturbed, known)
    assert {name: members.tolist() for name, members in classes.items()} == {
        "changed": [True, False, True],
        "unchanged": [False, True, False],
        "seen": [False, False, True],  # Rome is known as ORG
        "unseen": [True, True, False],
    }
    with pytest.raises(ValueError, match="2 mentions, expected 3 as in the regular test set"):
        diagnosis.mention_classes(regular, Corpus(perturbed.tokens[:1], perturbed.tags[:1]), known)


def test_scores_by_class_by_hand():
    gold = diagnosis.find_spans([[B_PER, I_PER, OUT, B_LOC, B_ORG], [OUT, B_PER]])
    # right; over LOC and ORG: counts to the first; none of the gold ones; of another type
    predicted = diagnosis.find_spans([[B_PER, I_PER, OUT, B_LOC, I_LOC], [B_LOC, B_ORG]])
    classes = {"a": np.array([True, False, True, False]), "b": np.array([False, True, False, True])}
    scores = diagnosis.scores_by_class(gold, predicted, {**classes, "none": np.zeros(4, dtype=bool)})
    assert scores["mentions_a"] == scores["mentions_b"] == 2
    assert scores["f1_a"] == pytest.approx(2 / (1 + 2))  # PER right, ORG missed
    assert scores["f1_b"] == 0.0  # LOC too long, PER as ORG
    assert scores["mentions_none"] == 0 and np.isnan(scores["f1_none"])
    assert diagnosis.scores_by_class(gold, diagnosis.find_spans([[OUT] * 5, [OUT] * 2]), classes)["f1_a"] == 0.0
    empty = diagnosis.find_spans([[OUT] * 5, [OUT] * 2])
    assert diagnosis.scores_by_class(empty, predicted, {"a": np.zeros(0, dtype=bool)})["mentions_a"] == 0


# The rules


@pytest.mark.parametrize(
    ("f1", "realigned", "chance", "regular", "floor_high", "finding"),
    [
        (0.1, 0.41, 0.1, 0.8, 0.1, "misaligned"),
        (0.1, 0.39, 0.1, 0.8, 0.1, "wrong on mentions"),  # less than half of the regular F1
        (0.3, 0.59, 0.1, 0.8, 0.1, "wrong on mentions"),  # less than twice the F1
        (0.1, 0.59, 0.3, 0.8, 0.1, "wrong on mentions"),  # less than twice its own chance
        (0.1, 0.59, 0.1, 0.8, 0.3, "wrong on mentions"),  # less than twice the floor
        (0.0, 0.0, 0.0, 0.0, 0.0, "wrong on mentions"),
    ],
)
def test_what_restores_a_score(f1, realigned, chance, regular, floor_high, finding):
    explanations = {
        "misaligned": [diagnosis.Explanation("in reverse", realigned, chance)],
        "labels permuted": [diagnosis.Explanation("", f1, 0.0), diagnosis.Explanation("", 0.0, 0.0)],
    }
    values = {"f1": f1, "f1_regular": regular, "floor_high": floor_high}
    for little, nothing, otherwise in (
        (False, False, "wrong on mentions"),
        (True, False, "all O"),
        (False, True, "no information"),
        (True, True, "all O"),
    ):
        expected = otherwise if finding == "wrong on mentions" else finding
        conditions = {"predicts_little": little, "says_nothing": nothing}
        assert diagnosis.choose_finding(explanations, **values, **conditions) == expected


def test_the_explanation_with_the_highest_f1_counts():
    explanations = {
        "misaligned": [diagnosis.Explanation("1 word late", 0.6, 0.1)],
        "labels permuted": [diagnosis.Explanation("", 0.1, 0.1), diagnosis.Explanation("PER→ORG ORG→PER", 0.7, 0.1)],
    }
    values = {"f1": 0.1, "f1_regular": 0.8, "floor_high": 0.1, "predicts_little": False, "says_nothing": True}
    assert diagnosis.choose_finding(explanations, **values) == "labels permuted"


def row(f1, test_set="in-language", floor_high=0.1, **changes):
    run = dict(zip(RUN_COLUMNS, ("yo", "monolingual", "dense", "", 0, 1, "yo"), strict=True))
    floor = {"chance_floor": 0.05, "chance_floor_high": floor_high, "shuffle_floor": 0.02}
    return run | {"test_set": test_set, "mentions": 20, "f1": f1, **floor} | changes


def test_scores_near_their_floor():
    scores = pd.DataFrame(
        [
            row(0.7, "validation", np.nan),
            row(0.6, "regular"),
            row(0.2),
            row(0.21, "in-script"),
            row(0.0, "in-family", np.nan),  # no floor
            row(0.5, "regular", seed=2),
            row(0.3, seed=2, floor_high=0.2),
        ]
    )
    perturbed = diagnosis.perturbed_scores(scores)
    assert perturbed["f1"].tolist() == [0.2, 0.21, 0.0, 0.3]
    assert perturbed["f1_regular"].tolist() == [0.6, 0.6, 0.6, 0.5]
    assert diagnosis.is_near_floor(perturbed, 2).tolist() == [True, False, False, True]
    assert diagnosis.is_near_floor(perturbed, 1).tolist() == [False, False, False, False]


def test_a_perturbed_score_without_a_regular_one_is_refused():
    scores = pd.DataFrame([row(0.6, "regular"), row(0.2, seed=2)])
    line = "run yo/dense/seed-2, language yo, test set in-language: no score of the same model on the test set regular"
    with pytest.raises(InputError, match=line):
        diagnosis.perturbed_scores(scores)


# Real gold, broken in known ways


def real_test(language, sentences=1500):
    corpus = from_shards([Path(WIKIANN, language, "test-00000-of-00001.parquet")])
    return Corpus(corpus.tokens[:sentences], corpus.tags[:sentences])


def perturb(corpus, language, pool):
    return replace_mentions(corpus, mention_pool([pool]), seed=0, perturbation="in-language", language=language)[0]


@pytest.fixture(scope="module", params=["yo", "hi", "ja"])  # 100, 1000 and 1500 sentences; ja has I- without B-
def real(request):
    """A regular and a perturbed test set, good predictions for it, and the upper end of its chance floor."""
    if not WIKIANN.is_dir():
        pytest.skip("WIKIANN_DIR names no folder with WikiAnn")
    regular = real_test(request.param)
    perturbed = perturb(regular, request.param, regular)
    good = noisy(perturbed.tags, 0.3, random.Random(1))
    return regular, perturbed, good, chance_floor(perturbed.tags, seed=1)["high"]


def diagnosed(real, predicted, f1_regular=None):
    """Return whether the F1 of predictions is near its floor, and the diagnosis; F1 on the regular set: of the good."""
    regular, perturbed, good, floor_high = real
    f1 = score(perturbed.tags, predicted)["f1"]
    f1_regular = score(perturbed.tags, good)["f1"] if f1_regular is None else f1_regular
    values = {"f1": f1, "f1_regular": f1_regular, "floor_high": floor_high}
    return f1 <= FLOOR_FACTOR * floor_high, diagnosis.diagnose(regular, perturbed, predicted, set(), **values)


@needs_wikiann
def test_good_predictions_are_not_reported(real):
    near, found = diagnosed(real, real[2])
    assert not near
    assert found["finding"] == "wrong on mentions"  # nothing explains them better
    assert found["relabelling"] == found["type_permutation"] == ""


def orders(perturbed):
    """Return the right answers by name: the order in which predictions stand."""
    places = np.arange(len(perturbed))
    lengths = [len(tokens) for tokens in perturbed.tokens]
    return {
        "7 sentences late": np.roll(places, 7),
        "30 sentences early": np.roll(places, -30),
        "in reverse": places[::-1],
        "sorted, shortest first": sorted(places, key=lambda place: lengths[place]),
        "sorted, longest first": sorted(places, key=lambda place: -lengths[place]),
        "sorted by words": sorted(places, key=lambda place: perturbed.tokens[place]),
    }


@needs_wikiann
@pytest.mark.parametrize("name", orders(Corpus([], [])))
def test_sentences_out_of_line_are_found(real, name):
    _, perturbed, good, _ = real
    near, found = diagnosed(real, stand(good, orders(perturbed)[name]))
    assert near
    assert (found["finding"], found["realignment"]) == ("misaligned", name)
    assert found["f1_realigned"] > 0.9 * score(perturbed.tags, good)["f1"]


@needs_wikiann
@pytest.mark.parametrize(
    ("words", "name"), [(1, "1 word late"), (-1, "1 word early"), (2, "2 words late"), (-2, "2 words early")]
)
def test_words_out_of_line_are_found(real, words, name):
    near, found = diagnosed(real, late(real[2], words))
    assert near
    assert (found["finding"], found["realignment"]) == ("misaligned", name)


@needs_wikiann
@pytest.mark.parametrize(
    ("names", "relabelling"),
    [
        (
            [B_LOC, I_LOC, OUT, I_PER, B_PER, I_ORG, B_ORG],
            "O→I-PER B-PER→I-ORG I-PER→B-ORG B-ORG→I-LOC I-ORG→B-LOC B-LOC→O I-LOC→B-PER",
        ),
        (
            [OUT, B_ORG, I_ORG, B_LOC, I_LOC, B_PER, I_PER],
            "B-PER→B-LOC I-PER→I-LOC B-ORG→B-PER I-ORG→I-PER B-LOC→B-ORG I-LOC→I-ORG",
        ),
    ],
)
def test_permuted_labels_are_found(real, names, relabelling):
    near, found = diagnosed(real, renamed(real[2], names))
    assert near
    assert (found["finding"], found["relabelling"]) == ("labels permuted", relabelling)
    assert found["f1_relabelled"] == pytest.approx(score(real[1].tags, real[2])["f1"])
    if names[0] == OUT:
        assert found["type_permutation"] == "PER→LOC ORG→PER LOC→ORG"
        assert found["f1_types_permuted"] == found["f1_relabelled"]


@needs_wikiann
def test_predictions_of_nothing_are_all_o(real):
    nothing = [[OUT] * len(tags) for tags in real[2]]
    near, found = diagnosed(real, nothing)
    assert near
    assert (found["finding"], found["predicted_o_share"]) == ("all O", 1.0)
    nothing[0] = [B_PER] * len(nothing[0])
    assert diagnosed(real, nothing)[1]["finding"] == "all O"


def test_made_up_predictions_of_each_kind_are_found():
    """As of real data above, on 200 sentences of one mention each."""
    draw = random.Random(5)
    tags = [
        fit([OUT] * draw.randint(0, 4) + mention_tags(draw.choice(TYPES), draw.randint(1, 2)), 6) for _ in range(200)
    ]
    regular, perturbed = (Corpus([[f"{name}{n}"] * 6 for n in range(200)], tags) for name in ("a", "b"))
    case = regular, perturbed, noisy(tags, 0.3, random.Random(1)), chance_floor(tags, seed=1)["high"]
    names = [OUT, *(B_LOC, I_LOC), *(B_PER, I_PER), *(B_ORG, I_ORG)]  # of PER, ORG and LOC
    assert diagnosed(case, case[2])[1]["finding"] == "wrong on mentions"
    assert diagnosed(case, [[OUT] * 6] * 200)[1]["finding"] == "all O"
    assert diagnosed(case, renamed(case[2], names))[1]["finding"] == "labels permuted"
    assert diagnosed(case, stand(case[2], np.roll(np.arange(200), 3)))[1]["finding"] == "misaligned"


@needs_wikiann
@pytest.mark.parametrize("seed", range(5))
def test_chance_is_not_explained(real, seed):
    """Not even for a model that is as bad on the regular set, whose F1 asks for no more than chance gives."""
    _, perturbed, good, _ = real
    random = np.random.default_rng(seed)
    guesses = [random.integers(0, 7, len(tags)).tolist() for tags in perturbed.tags]
    everywhere = [mention_tags("PER", len(tags)) for tags in perturbed.tags]
    out_of_line = stand(good, random.permutation(len(good)))
    for predicted in (out_of_line, guesses, everywhere):
        for f1_regular in (None, score(perturbed.tags, predicted)["f1"]):
            near, found = diagnosed(real, predicted, f1_regular)
            assert near
            # gold of other sentences knows where mentions stand in a sentence; by chance guesses may agree a little
            findings = ("wrong on mentions", "no information") if predicted is out_of_line else ("no information",)
            assert found["finding"] in findings, found


@needs_wikiann
def test_a_model_that_knows_seen_mentions_only_is_wrong_on_mentions():
    """Hindi sentences with Marathi mentions: seen ones are right, others get a type drawn and an end too early."""
    regular = real_test("hi")
    perturbed = perturb(regular, "hi", real_test("mr"))
    known = known_mentions([from_shards([Path(WIKIANN, "hi", "train-00000-of-00001.parquet")])])
    draw, seen = random.Random(3), [mention in known for mention in typed_mentions(perturbed)]
    predicted, number = [[OUT] * len(tags) for tags in perturbed.tags], 0
    for tags, sentence in zip(perturbed.tags, predicted, strict=True):
        for type, start, end in find_mentions(tags):
            if not seen[number]:
                type, end = draw.choice(TYPES), max(start + 1, end - 1)
            sentence[start:end] = mention_tags(type, end - start)
            number += 1
    f1 = score(perturbed.tags, predicted)["f1"]
    floor_high = chance_floor(perturbed.tags, seed=1)["high"]
    found = diagnosis.diagnose(regular, perturbed, predicted, known, f1=f1, f1_regular=0.8, floor_high=floor_high)
    assert f1 <= FLOOR_FACTOR * floor_high
    assert found["finding"] == "wrong on mentions"
    assert found["mentions_seen"] == sum(seen) > 50
    assert found["mentions_unseen"] == seen.count(False)
    assert found["f1_seen"] == 1.0
    assert found["f1_unseen"] < f1


# Report and script


def test_the_report_says_when_nothing_is_near_its_floor():
    perturbed = diagnosis.perturbed_scores(pd.DataFrame([row(0.6, "regular"), row(0.3), row(0.5, "in-script")]))
    nothing = pd.DataFrame(columns=diagnosis.DIAGNOSIS_COLUMNS)
    (table,) = diagnosis_tables(nothing, perturbed, 2, Provenance("mine", True))
    assert table.title == "Perturbed F1 near the chance floor (demo on synthetic text)"
    assert table.rows["scores"].tolist() == ["0"] * 5
    assert table.notes == [
        "Study mine, demo on synthetic text: 0 of 2 perturbed scores with an F1 of at most 2 times the upper end of "
        "the chance floor's "
        "interval. The lowest ratio to the upper end is 3.00 (F1 0.3000, upper end 0.1000): run yo/dense/seed-1, "
        "language yo, test set in-language."
    ]
    (table,) = diagnosis_tables(nothing, perturbed[:0], 2, Provenance("mine", False))
    assert "0 of 0 perturbed scores" in table.notes[0] and "None has a floor above 0." in table.notes[0]
    assert "demo" not in table.title


def outputs(folder):
    return [str(folder / f"d.{suffix}") for suffix in ("csv", "md", "html")]


@pytest.fixture
def study(tmp_path):
    """A study of two runs on 30 sentences of one mention each, their regular and in-language test sets.

    Run 1 is right on both; run 2 stands one sentence late on the perturbed one.
    """
    draw = random.Random(0)
    tags = [fit([OUT] * start + mention_tags(draw.choice(TYPES), 1 + start % 2), 6) for start in [0, 1, 2, 3, 4] * 6]
    corpora = {name: Corpus([[f"{name}{n}"] * 6 for n in range(30)], tags) for name in ("regular", "in-language")}
    gold = {"yo": str(tmp_path / "yo.parquet")}
    write_evaluation(gold["yo"], corpora)
    train = {"yo": str(tmp_path / "train.parquet")}
    write_corpus(train["yo"], Corpus(corpora["in-language"].tokens[:3], tags[:3]))
    floor, rows, predictions = chance_floor(tags, seed=0), [], {}
    for seed, order in ((1, np.arange(30)), (2, np.roll(np.arange(30), 1))):
        predicted = {"regular": tags, "in-language": stand(tags, order)}
        folder = tmp_path / f"seed-{seed}"
        for name, corpus in corpora.items():
            digests = [sentence_digest(tokens) for tokens in corpus.tokens]
            path = folder / f"{name}.parquet"
            write_predictions(path, [LanguagePredictions("yo", digests, predicted[name], [0] * 30)])
            rows.append(row(score(tags, predicted[name])["f1"], name, floor["high"], seed=seed))
        write_manifest(tmp_path / f"{seed}.json", {name: folder / f"{name}.parquet" for name in corpora})
        predictions["yo", "dense", seed] = str(tmp_path / f"{seed}.json"), str(folder)
    write_table(tmp_path / "scores.parquet", pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False))
    return str(tmp_path / "scores.parquet"), predictions, gold, train


def test_the_script_reads_only_what_is_near_its_floor(study, tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(
        script, "read_predictions", lambda path, entry, of=script.read_predictions: read.append(path) or of(path, entry)
    )
    script.main(*study, 2, Provenance("mine", False), *outputs(tmp_path))
    assert read == [tmp_path / "seed-2" / "in-language.parquet"]
    table = pd.read_csv(tmp_path / "d.csv")
    assert list(table.columns) == diagnosis.DIAGNOSIS_COLUMNS
    (found,) = table.to_dict("records")
    assert (found["seed"], found["test_set"]) == (2, "in-language")
    assert (found["finding"], found["realignment"], found["f1_realigned"]) == ("misaligned", "1 sentence late", 1.0)
    assert (found["mentions_changed"], found["mentions_unchanged"], found["mentions_seen"]) == (30, 0, 3)
    report = (tmp_path / "d.md").read_text()
    assert "1 of 2 perturbed scores" in report
    assert [line.split("|")[2].strip() for line in report.splitlines()[4:9]] == ["1", "0", "0", "0", "0"]
    assert "1.0000 (1 sentence late)" in report
    assert "1.0000 (1 sentence late)" in (tmp_path / "d.html").read_text()


def test_the_script_writes_only_a_header_where_nothing_is_near(study, tmp_path):
    scores, *rest = study
    write_table(scores, read_table(scores).slice(0, 2))  # run 1
    script.main(scores, *rest, 2, Provenance("mine", False), *outputs(tmp_path))
    assert (tmp_path / "d.csv").read_text() == ",".join(diagnosis.DIAGNOSIS_COLUMNS) + "\n"
    assert "Study mine: 0 of 1 perturbed score " in (tmp_path / "d.md").read_text()


def test_the_script_refuses_predictions_for_other_sentences(study, tmp_path):
    scores, predictions, gold, train = study
    write_evaluation(
        gold["yo"], {name: Corpus([["x"] * 6] * 30, [[OUT] * 6] * 30) for name in ("regular", "in-language")}
    )
    with pytest.raises(InputError, match="run yo/dense/seed-2, language yo, test set in-language, sentence 0: "):
        script.main(scores, predictions, gold, train, 2, Provenance("mine", False), *outputs(tmp_path))
    assert not (tmp_path / "d.csv").exists()
