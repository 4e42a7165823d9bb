"""The counts of confidences: worked out by hand, and against a plain calibration error of torch's logits."""

import numpy as np
import pyarrow as pa
import pytest
from ner_pruning.files import InputError
from ner_pruning.parquet import write_table
from ner_pruning.scoring.confidence import GROUPS, SHAPE, confidence_counts, read_confidence, write_confidence

OUT, B_PER, I_PER, B_LOC = 0, 1, 2, 5
GOLD = [[B_PER, I_PER, OUT], [B_LOC, OUT]]
PREDICTED = [[B_PER, I_PER, B_LOC], [OUT, OUT]]
CONFIDENCE = [[255, 200, 17], [18, 0]]  # the last word got no prediction


def test_words_and_mentions_by_group_and_bin():
    counts = confidence_counts(GOLD, PREDICTED, CONFIDENCE)
    assert counts.shape == SHAPE
    word, mention = counts
    # 255 is in the last of 15 bins, 200 in (187, 204], 17 in the first, whose upper end it is, 18 in the second
    assert word[0, 14].tolist() == [0, 1, 0, 255]
    assert word[0, 11].tolist() == [0, 1, 0, 200]
    assert word[0, 0].tolist() == [1, 0, 17, 0]  # LOC for O
    assert word[1, 1].tolist() == [1, 0, 18, 0]  # O for LOC
    assert word.sum() == 4 + 255 + 200 + 17 + 18
    # the mention of two words is as sure as the second, and right
    assert mention[0, 11].tolist() == [0, 1, 0, 200]
    assert mention[0, 0].tolist() == [1, 0, 17, 0]
    assert mention.sum() == 2 + 200 + 17


def test_a_mention_of_another_type_or_end_is_wrong():
    counts = confidence_counts([[B_PER, I_PER], [B_LOC]], [[B_PER, OUT], [B_PER]], [[250, 250], [240]])
    mention = counts[1]
    assert mention[..., :2].sum(axis=(0, 1)).tolist() == [2, 0]
    assert mention[..., 2:].sum(axis=(0, 1)).tolist() == [490, 0]
    assert counts[0][..., :2].sum(axis=(0, 1)).tolist() == [2, 1]  # of the words B-PER is right


def test_sentences_are_in_groups_by_their_number():
    many = [[OUT]] * (2 * GROUPS + 3)
    word, mention = confidence_counts(many, many, [[255]] * len(many))
    assert word[:, 14, 1].tolist() == [3, 3, 3, *[2] * (GROUPS - 3)]
    assert not mention.any()


def test_counts_come_back_as_written(tmp_path):
    counts = {
        ("regular", "yo"): confidence_counts(GOLD, PREDICTED, CONFIDENCE),
        ("in-language", "zh-yue"): confidence_counts(GOLD[:1], PREDICTED[:1], CONFIDENCE[:1]),
    }
    write_confidence(tmp_path / "a.parquet", counts)
    write_confidence(tmp_path / "b.parquet", counts)
    read = read_confidence(tmp_path / "a.parquet")
    assert list(read) == list(counts)
    assert all((read[key] == counts[key]).all() for key in counts)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_run_without_confidences_has_none(tmp_path):
    write_confidence(tmp_path / "a.parquet", {})
    assert read_confidence(tmp_path / "a.parquet") == {}


def test_other_files_are_refused(tmp_path):
    write_table(tmp_path / "a.parquet", pa.table({"x": [1]}))
    with pytest.raises(InputError, match="columns x; expected test_set, language, unit"):
        read_confidence(tmp_path / "a.parquet")


def test_summed_counts_are_those_of_a_plain_count():
    random = np.random.default_rng(5)
    gold = [random.integers(0, 7, size).tolist() for size in random.integers(1, 30, 300)]
    predicted = [[tag if random.random() < 0.7 else int(random.integers(0, 7)) for tag in tags] for tags in gold]
    sure = [random.integers(1, 256, len(tags)).tolist() for tags in gold]
    word = confidence_counts(gold, predicted, sure)[0].sum(axis=0)
    triples = [each for rows in zip(gold, predicted, sure, strict=True) for each in zip(*rows, strict=True)]
    for bin in range(15):
        inside = [(g == p, c) for g, p, c in triples if bin / 15 < c / 255 <= (bin + 1) / 15]
        right = [c for same, c in inside if same]
        wrong = [c for same, c in inside if not same]
        assert word[bin].tolist() == [len(wrong), len(right), sum(wrong), sum(right)]
