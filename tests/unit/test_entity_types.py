"""A study of other entity types than the paper's: every stage keeps them, and two sets of types never meet unseen."""

import json
import random
from dataclasses import replace

import entity_types
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import score
import test_sets
from ner_pruning.data.encoded_sentences import concatenate, read_encoded, take, write_encoded
from ner_pruning.data.language_groups import groupings, language_groups, read_groups
from ner_pruning.data.mentions import labels_of, types_of
from ner_pruning.data.overlap import known_mentions
from ner_pruning.data.perturbation import mention_pool, replace_mentions
from ner_pruning.data.test_sets import read_test_set, write_evaluation
from ner_pruning.data.wikiann import Corpus, read_corpus, read_tagging, write_corpus
from ner_pruning.files import InputError, sentence_digest
from ner_pruning.frames import write_frame
from ner_pruning.report.data_tables import mark_mentions
from ner_pruning.scoring import diagnosis
from ner_pruning.scoring.f1 import score as score_tags
from ner_pruning.scoring.f1 import write_scores
from ner_pruning.scoring.information import confusion, information, renamings, renamings_as_good
from ner_pruning.scoring.prediction_files import (
    LanguagePredictions,
    check_alignment,
    read_predictions,
    write_manifest,
    write_predictions,
)
from ner_pruning.scoring.score_table import collect, read_scores, types_scored
from ner_pruning.study.languages import Language
from ner_pruning.terms import Run, grouping, perturbations_among
from ner_pruning.training.model import load_encoder, types_of_model
from seqeval.metrics import f1_score
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support
from seqeval.scheme import IOB2
from small_models import random_sentences, tiny_model

TYPES = ("DATE", "LOC", "ORG", "PER", "work-of-art")
LABELS = labels_of(TYPES)
CORPUS = Corpus([["In", "May", "Ann", "Lee"], ["Guernica"]], [[0, 1, 7, 8], [9]], types=TYPES)


def test_labels_and_types_are_each_other_s_inverse():
    assert LABELS[:3] == ("O", "B-DATE", "I-DATE") and LABELS[-1] == "I-work-of-art"
    assert types_of(list(LABELS)) == TYPES and types_of(["O"]) == ()
    for wrong in (["B-A", "I-A"], ["O", "B-A"], ["O", "I-A", "B-A"], ["O", "B-A", "I-B"], ["O", "B-", "I-"], [0], "O"):
        assert types_of(wrong) is None
    assert types_of(["O", "B-A", "I-A", "B-A", "I-A"]) is None


def test_a_corpus_keeps_its_types_and_the_paper_s_need_none(tmp_path):
    write_corpus(tmp_path / "a", CORPUS, {"scheme": "BIOES", "changed_tags": 1, "renamed_mentions": {}})
    assert read_corpus(tmp_path / "a") == CORPUS
    assert read_tagging(tmp_path / "a") == {"scheme": "BIOES", "changed_tags": 1, "renamed_mentions": {}}
    write_corpus(tmp_path / "b", Corpus([["a"]], [[6]]))
    assert pq.read_schema(tmp_path / "b").metadata is None and read_tagging(tmp_path / "b") is None
    with pytest.raises(InputError, match="row 0: tag id 7; expected one of 0 = O, 1 = B-PER"):
        write_corpus(tmp_path / "c", Corpus([["a"]], [[7]]))


def test_the_types_of_a_study_are_those_of_all_its_languages(tmp_path):
    write_corpus(tmp_path / "a", CORPUS)
    write_corpus(tmp_path / "b", Corpus([["x"]], [[1]], types=("ANIM",)))
    write_corpus(tmp_path / "c", Corpus([["x"]], [[1]]))  # of the paper's types
    entity_types.main([str(tmp_path / name) for name in "abc"], str(tmp_path / "types.json"))
    assert json.loads((tmp_path / "types.json").read_text()) == ["ANIM", *TYPES]
    test_sets.main({"regular": str(tmp_path / "a")}, str(tmp_path / "evaluation"), str(tmp_path / "types.json"))
    gold = read_test_set(tmp_path / "evaluation", "regular")
    assert gold.types == ("ANIM", *TYPES) and gold.tags == [[0, 3, 9, 10], [11]]


def test_mentions_are_replaced_by_others_of_their_type():
    other = Corpus([["June", "1", "Bob"]], [[1, 2, 3]], types=("DATE", "PER", "X"))  # numbers another way
    pool = mention_pool([CORPUS, other], types=TYPES)
    assert pool["DATE"] == [("June", "1"), ("May",)] and pool["PER"] == [("Ann", "Lee"), ("Bob",)] and pool["LOC"] == []
    perturbed, _ = replace_mentions(CORPUS, pool, seed=0, perturbation="in-region", language="sw")
    assert perturbed.types == TYPES
    assert (perturbed.tokens[0], perturbed.tags[0]) == (["In", "June", "1", "Bob"], [0, 1, 2, 7])
    assert known_mentions([CORPUS]) == {("DATE", ("May",)), ("PER", ("Ann", "Lee")), ("work-of-art", ("Guernica",))}
    assert mark_mentions(*(part[0] for part in (CORPUS.tokens, CORPUS.tags)), TYPES) == "In [DATE May] [PER Ann Lee]"


def test_encoded_sentences_keep_their_types(tmp_path):
    one = random_sentences([5, 6])
    other = replace(one, types=TYPES)
    write_encoded(tmp_path / "a", other, {"test_sets": "{}"})
    assert read_encoded(tmp_path / "a").types == TYPES == take(other, np.array([1])).types
    assert concatenate([other, other]).types == TYPES
    with pytest.raises(InputError, match="^entity types DATE, LOC, .*; expected one set$"):
        concatenate([one, other])


def test_a_head_has_a_row_for_each_label(tmp_path):
    tiny_model("bert").base_model.save_pretrained(tmp_path)
    model = load_encoder(tmp_path, dropout=0.0, seed=0, types=TYPES)
    assert model.classifier.weight.shape[0] == 11 and types_of_model(model.config, "m") == TYPES


def tags_at_random(seed, number=60):
    draw = random.Random(seed)
    return [
        [draw.randrange(11) if draw.random() < 0.5 else 0 for _ in range(draw.randint(1, 8))] for _ in range(number)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_seqeval(seed):
    gold, noise = tags_at_random(seed), tags_at_random(seed + 100)
    predicted = [
        (own if number % 3 else (other * 8)[: len(own)])
        for number, (own, other) in enumerate(zip(gold, noise, strict=True))
    ]
    texts = [[[LABELS[tag] for tag in tags] for tags in each] for each in (gold, predicted)]
    found = score_tags(gold, predicted, TYPES)
    assert found["f1"] == f1_score(*texts)
    assert found["f1_strict"] == f1_score(*texts, mode="strict", scheme=IOB2)
    _, _, f1, support = precision_recall_fscore_support(*texts)
    assert [found[f"f1_{type}"] for type in TYPES] == f1.tolist()
    assert [found[f"support_{type}"] for type in TYPES] == support.tolist()


def predictions(types, tags=((0, 1, 7, 8), (9,))):
    digests = [sentence_digest(tokens) for tokens in CORPUS.tokens]
    return LanguagePredictions("sw", digests, [list(each) for each in tags], [0, 0], types=types)


def test_predictions_of_other_types_are_never_scored(tmp_path):
    write_evaluation(tmp_path / "gold", {"validation": CORPUS, "regular": CORPUS})
    for types in (TYPES, tuple(reversed(TYPES))):
        for name in ("validation", "regular"):
            write_predictions(tmp_path / f"{name}.parquet", [predictions(types)])
        paths = {name: tmp_path / f"{name}.parquet" for name in ("validation", "regular")}
        write_manifest(tmp_path / "m.json", paths)
        assert read_predictions(paths["regular"])["sw"].types == types
        out = {f"out_{name}": str(tmp_path / name) for name in ("csv", "counts", "confidence", "found")}
        arguments = (str(tmp_path / "m.json"), str(tmp_path), {"sw": str(tmp_path / "gold")}, "sw/dense/seed-1")
        if types == TYPES:
            score.main(*arguments, **out)
            rows = read_scores(out["out_csv"])
            assert types_scored(rows.columns) == list(TYPES) and rows["f1_work-of-art"].tolist() == [1.0, 1.0]
        else:
            with pytest.raises(InputError, match="predictions of the types work-of-art, PER, .*; expected DATE, LOC, "):
                score.main(*arguments, **out)
    with pytest.raises(ValueError, match="several sets of entity types"):
        write_predictions(tmp_path / "x", [predictions(TYPES), LanguagePredictions("yo", [], [], [])])
    with pytest.raises(ValueError, match="outside 0..10"):
        write_predictions(tmp_path / "x", [predictions(TYPES, ((0, 11, 0, 0), (0,)))])
    where = {"run": "r", "language": "sw", "test_set": "regular"}
    check_alignment(predictions(TYPES), CORPUS, **where)


def test_runs_of_other_types_are_not_collected():
    row = {"test_set": "regular", "language": "sw"}
    frames = [pd.DataFrame([row | {f"support_{type}": 1}]) for type in ("A", "B")]
    runs = [Run("sw", "dense", 1), Run("sw", "full-50", 1)]
    with pytest.raises(InputError, match="^run sw/full-50/seed-1: scores of the types B; expected A, as of sw/dense"):
        collect(list(zip(runs, frames, strict=True)), {}, {}, {})


def test_scores_of_any_types_are_read(tmp_path):
    row = {"test_set": "regular", "language": "sw", "words_lost": 0, **score_tags([[1]], [[1]], ("A,B",))}
    write_scores(tmp_path / "scores.csv", [row], ("A,B",))
    assert read_scores(tmp_path / "scores.csv")["f1_A,B"].tolist() == [1.0]


# Diagnosis


def test_renamings_of_many_labels_are_a_sample():
    """The right names are the first; with predictions that are right no other of the sample is as good."""
    drawn = renamings(11)
    assert drawn.shape == (5040, 11) and drawn[0].tolist() == list(range(11))
    assert (np.sort(drawn, axis=1) == np.arange(11)).all()
    gold = np.array([tag for tags in tags_at_random(1, 300) for tag in tags])
    assert renamings_as_good(confusion(gold, gold, 11)) == 1 / 5040
    assert len(renamings(3)) == 6 and len(renamings(5)) == 120


def test_tags_at_random_say_nothing_and_gold_tags_all():
    gold = tags_at_random(1, 300)
    shuffled = [list(np.random.default_rng(n).permutation(tags)) for n, tags in enumerate(tags_at_random(2, 300))]
    cut = [(other * 8)[: len(own)] for own, other in zip(gold, shuffled, strict=True)]
    assert information(gold, cut, labels=11).none
    assert not information(gold, gold, labels=11).none
    assert information(gold, gold, labels=11).mutual_information == pytest.approx(1)


def test_labels_in_another_order_are_found():
    """Predictions whose ids are read by the types in reverse order: the renaming restores them, and is named."""
    names = [LABELS.index(label) for label in labels_of(tuple(reversed(TYPES)))]
    gold = tags_at_random(3, 200)
    corpus = Corpus([[f"w{n}" for n in range(len(tags))] for tags in gold], gold, types=TYPES)
    wrong = [[names[tag] for tag in tags] for tags in gold]
    found = diagnosis.diagnose(corpus, corpus, wrong, set(), f1=0.1, f1_regular=0.9, floor_high=0.1)
    assert found["finding"] == diagnosis.PERMUTED and found["f1_relabelled"] == 1.0
    assert "B-DATE→B-work-of-art" in found["relabelling"] and found["type_permutation"].startswith("DATE→work-of-art")


# Groups of a study's own


def test_groups_have_the_columns_of_the_study(tmp_path):
    languages = {code: Language(code, code, "P", "F", "S", others={"region": region}) for code, region in ("ax", "by")}
    frame = language_groups({"a": 5, "b": 20}, languages, [10, 100], ["region", "phylum"])
    write_frame(tmp_path / "groups.csv", frame)
    groups = groupings(read_groups(tmp_path / "groups.csv"))
    assert groups["region"] == {"a": "x", "b": "y"} and groups["phylum"] == {"a": "P", "b": "P"}
    assert groups["size"] == {"a": 10, "b": 100}


def test_perturbations_stand_in_the_paper_s_order_and_then_by_name():
    names = ["in-zone", "regular", "in-family", "validation", "in-area", "in-language", "in-zone"]
    assert perturbations_among(names) == ["in-language", "in-family", "in-area", "in-zone"]
    assert grouping("in-script") == "script"
    assert grouping("in-language") is None
