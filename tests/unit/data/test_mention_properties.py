"""What is known of each mention of a test set."""

import mention_properties as script
import numpy as np
import pyarrow as pa
import pytest
from ner_pruning.data.mention_properties import (
    mention_frequencies,
    mention_properties,
    read_properties,
    write_properties,
)
from ner_pruning.data.overlap import known_mentions, seen_mentions
from ner_pruning.data.test_sets import write_evaluation
from ner_pruning.data.wikiann import Corpus, write_corpus
from ner_pruning.files import InputError
from ner_pruning.parquet import write_table

OUT, B_PER, I_PER, B_ORG, I_ORG, B_LOC, I_LOC = range(7)

TRAIN = Corpus(
    [["Lagos"], ["Lagos", "and", "Ada", "Obi"], ["Ada", "Obi", "Lagos"]],
    [[B_LOC], [B_LOC, OUT, B_PER, I_PER], [B_PER, I_PER, B_ORG]],
)
TEST = Corpus(
    [["in", "Lagos", "Ada", "Obi"], ["none"], ["Lagos"], ["Ada"], ["none"]],
    [[OUT, B_LOC, B_PER, I_PER], [OUT], [B_ORG], [I_PER], [OUT]],
)


def test_properties_worked_out_by_hand():
    """Lagos is a place twice and an organisation once in training; Ada alone is no mention there."""
    found = mention_properties(mention_frequencies([TRAIN]), TEST)
    assert (found.sentences, len(found)) == (5, 4)
    assert found.sentence.tolist() == [0, 0, 2, 3]
    assert [found.types[type] for type in found.type] == ["LOC", "PER", "ORG", "PER"]
    assert found.words.tolist() == [1, 2, 1, 1]
    assert found.frequency.tolist() == [2, 2, 1, 0]


def test_a_mention_is_seen_where_the_overlap_says_so():
    found = mention_properties(mention_frequencies([TRAIN, TRAIN]), TEST)
    assert (found.frequency > 0).tolist() == seen_mentions(known_mentions([TRAIN]), TEST)
    assert found.frequency.tolist() == [4, 4, 2, 0]


def test_no_mention():
    found = mention_properties({}, Corpus([["none"]], [[OUT]]))
    assert (found.sentences, len(found), found.frequency.dtype) == (1, 0, np.int32)


def test_a_file_holds_what_was_written(tmp_path):
    parts = {
        ("regular", "yo"): mention_properties(mention_frequencies([TRAIN]), TEST),
        ("in-language", "yo"): mention_properties({}, Corpus([["none"]], [[OUT]])),
    }
    write_properties(tmp_path / "one.parquet", parts)
    write_properties(tmp_path / "two.parquet", parts)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    read = read_properties(tmp_path / "one.parquet")
    assert list(read) == list(parts)
    for key, part in parts.items():
        assert (read[key].sentences, read[key].types) == (part.sentences, part.types)
        for name in ("sentence", "type", "words", "frequency"):
            found = getattr(read[key], name)
            assert found.tolist() == getattr(part, name).tolist() and found.dtype == getattr(part, name).dtype


def test_a_file_of_another_format_is_named(tmp_path):
    write_table(tmp_path / "other.parquet", pa.table({"language": ["yo"]}))
    with pytest.raises(InputError, match="other.parquet: columns language; expected test_set, language, sentences"):
        read_properties(tmp_path / "other.parquet")


def test_the_script_leaves_validation_out(tmp_path):
    write_corpus(tmp_path / "train.parquet", TRAIN)
    write_evaluation(tmp_path / "yo.parquet", {"validation": TEST, "regular": TEST})
    script.main([tmp_path / "train.parquet"], {"yo": tmp_path / "yo.parquet"}, tmp_path / "out.parquet")
    read = read_properties(tmp_path / "out.parquet")
    assert list(read) == [("regular", "yo")]
    assert read["regular", "yo"].frequency.tolist() == [2, 2, 1, 0]
