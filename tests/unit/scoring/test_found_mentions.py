"""Which gold mentions a run finds."""

import random

import numpy as np
import pyarrow as pa
import pytest
import score as score_script
from ner_pruning.data.mention_properties import mention_properties, write_properties
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError, sentence_digest
from ner_pruning.parquet import write_table
from ner_pruning.scoring.f1 import score
from ner_pruning.scoring.found_mentions import found_mentions, read_compared, read_found, write_found
from ner_pruning.scoring.prediction_files import LanguagePredictions, write_manifest, write_predictions
from ner_pruning.terms import Run
from seqeval.metrics.sequence_labeling import get_entities

OUT, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)


def test_a_mention_is_found_with_the_same_words_and_type():
    gold = [[B_PER, I_PER, OUT, B_LOC], [B_ORG, I_ORG], [OUT], [B_LOC, B_LOC]]
    predicted = [[B_PER, I_PER, OUT, B_ORG], [B_ORG, OUT], [B_PER], [I_LOC, B_LOC]]
    assert found_mentions(gold, predicted).tolist() == [True, False, False, True, True]


def test_tags_of_unequal_number_are_refused():
    with pytest.raises(ValueError, match="differ in number"):
        found_mentions([[OUT]], [[OUT, OUT]])


def test_the_mentions_found_are_seqevals_in_order():
    draw = random.Random(0)
    for _ in range(50):
        gold = [[draw.randrange(7) for _ in range(draw.randrange(1, 9))] for _ in range(20)]
        predicted = [[tag if draw.random() < 0.7 else draw.randrange(7) for tag in tags] for tags in gold]
        expected = []
        for one, other in zip(gold, predicted, strict=True):
            found = set(get_entities([LABELS[tag] for tag in other]))
            expected += [entity in found for entity in get_entities([LABELS[tag] for tag in one])]
        assert found_mentions(gold, predicted).tolist() == expected
        assert sum(expected) == score(gold, predicted)["correct"]


def test_a_file_holds_what_was_written(tmp_path):
    found = {("regular", "yo"): np.array([True, False, True]), ("in-language", "jv"): np.array([], dtype=bool)}
    write_found(tmp_path / "found.parquet", found)
    read = read_found(tmp_path / "found.parquet")
    assert {key: part.tolist() for key, part in read.items()} == {key: part.tolist() for key, part in found.items()}
    assert all(part.dtype == bool for part in read.values())


def test_a_file_of_another_format_is_named(tmp_path):
    write_table(tmp_path / "other.parquet", pa.table({"language": ["yo"]}))
    with pytest.raises(InputError, match="other.parquet: columns language; expected test_set, language, found"):
        read_found(tmp_path / "other.parquet")


GOLD = Corpus([["Ada", "Obi"], ["in", "Lagos"]], [[B_PER, I_PER], [OUT, B_LOC]])


def test_the_scores_come_with_what_is_found_on_all_test_sets_but_validation(tmp_path):
    write_evaluation(tmp_path / "yo.parquet", {"validation": GOLD, "regular": GOLD})
    digests = [sentence_digest(words) for words in GOLD.tokens]
    files = {name: tmp_path / f"predictions/{name}.parquet" for name in ("validation", "regular")}
    for file in files.values():
        write_predictions(file, [LanguagePredictions("yo", digests, [[B_PER, I_PER], [OUT, OUT]], [0, 0])])
    write_manifest(tmp_path / "predictions.json", files)
    gold = {"yo": str(tmp_path / "yo.parquet")}
    out = {f"out_{name}": tmp_path / name for name in ("csv", "counts", "confidence", "found")}
    score_script.main(str(tmp_path / "predictions.json"), str(tmp_path / "predictions"), gold, "yo/dense/seed-1", **out)
    assert {key: part.tolist() for key, part in read_found(out["out_found"]).items()} == {
        ("regular", "yo"): [True, False]
    }


def test_runs_that_looked_for_other_mentions_are_named(tmp_path):
    write_properties(tmp_path / "yo.parquet", {("regular", "yo"): mention_properties({}, GOLD)})
    run = Run("yo", "dense", 1)

    def compare(found):
        write_found(tmp_path / "found.parquet", found)
        return read_compared({run: tmp_path / "found.parquet"}, {"yo": tmp_path / "yo.parquet"})

    found, properties = compare({("regular", "yo"): np.array([True, False])})
    assert found[run]["regular", "yo"].tolist() == [True, False]
    assert properties["yo"]["regular", "yo"].words.tolist() == [2, 1]
    with pytest.raises(InputError, match="found.parquet: language yo, test set regular: 1 mentions; expected 2, as in"):
        compare({("regular", "yo"): np.array([True])})
    with pytest.raises(InputError, match="language yo, test set regular: no mentions; expected 2"):
        compare({})
    with pytest.raises(InputError, match="language jv, test set regular: 1 mentions; expected none"):
        compare({("regular", "yo"): np.array([True, False]), ("regular", "jv"): np.array([True])})
