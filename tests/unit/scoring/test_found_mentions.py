"""Which gold mentions a run finds."""

import random

import found_mentions as script
import numpy as np
import pyarrow as pa
import pytest
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


def prepared(folder, *, test_sets=("validation", "regular"), languages=("yo",), tokens=GOLD.tokens):
    """Write gold of Yoruba and predictions that miss the place, and return the arguments of the script."""
    write_evaluation(folder / "yo.parquet", {"validation": GOLD, "regular": GOLD})
    (folder / "predictions").mkdir()
    digests = [sentence_digest(words) for words in tokens]
    parts = [LanguagePredictions(code, digests, [[B_PER, I_PER], [OUT, OUT]], [0, 0]) for code in languages]
    files = {name: folder / f"predictions/{name}.parquet" for name in test_sets}
    for file in files.values():
        write_predictions(file, parts)
    write_manifest(folder / "predictions.json", files)
    gold = {"yo": str(folder / "yo.parquet")}
    return (
        str(folder / "predictions.json"),
        str(folder / "predictions"),
        gold,
        "yo/dense/seed-1",
        folder / "out.parquet",
    )


def test_the_script_writes_all_test_sets_but_validation(tmp_path):
    arguments = prepared(tmp_path)
    script.main(*arguments)
    assert {key: part.tolist() for key, part in read_found(arguments[-1]).items()} == {("regular", "yo"): [True, False]}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"test_sets": ["validation"]}, "run yo/dense/seed-1, test set regular: no predictions"),
        ({"languages": ["jv"]}, "run yo/dense/seed-1, language yo, test set regular: no predictions"),
        (
            {"tokens": [["Ada", "Obi"], ["in", "Abuja"]]},
            "language yo, test set regular, sentence 1: the prediction",
        ),
    ],
)
def test_predictions_that_are_missing_or_of_other_sentences_are_refused(tmp_path, changes, error):
    with pytest.raises(InputError, match=error):
        script.main(*prepared(tmp_path, **changes))


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
