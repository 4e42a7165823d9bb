"""Tags of every scheme become IOB2 with the mentions that seqeval finds; others are refused with their place."""

import random
import re
from pathlib import Path

import pytest
from ner_pruning.data.mentions import find_mentions, labels_of
from ner_pruning.data.readers import read_columns
from ner_pruning.data.tag_schemes import TaggedSentences, convert, of_splits, with_types
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError
from seqeval import scheme as seqeval

TYPES = ("DATE", "ORG", "work-of-art")


def sentences(*tags):
    """Return sentences of the words w0, w1, … with tags as one text each, in the lines of file "f" from line 1."""
    found, line = TaggedSentences("line"), 1
    for text in tags:
        found.tags.append(text.split())
        found.tokens.append([f"w{number}" for number in range(len(found.tags[-1]))])
        found.places.append(("f", [*range(line, line + len(found.tags[-1]))]))
        line += len(found.tags[-1]) + 1
    return found


def labels(converted):
    names = labels_of(converted.corpus.types)
    return [" ".join(names[tag] for tag in tags) for tags in converted.corpus.tags]


SAME = "B-ORG I-ORG B-ORG O B-DATE"
SCHEMES = {
    "IOB1": "I-ORG I-ORG B-ORG O I-DATE",
    "IOB2": SAME,
    "BIOES": "B-ORG E-ORG S-ORG O S-DATE",
    "BILOU": "B-ORG L-ORG U-ORG O U-DATE",
}


@pytest.mark.parametrize("scheme, text", SCHEMES.items())
def test_every_scheme_gives_the_same_iob2(scheme, text):
    converted = convert(sentences(text), ("ORG", "DATE"))
    assert labels(converted) == [SAME]
    assert converted.corpus.tags == [[1, 2, 1, 0, 3]]
    assert converted.scheme == scheme
    # IOB1: the I- that begin two mentions; BIOES, BILOU: the last word of the first mention, and two single words
    assert converted.changed == {"IOB1": 2, "IOB2": 0, "BIOES": 3, "BILOU": 3}[scheme]
    assert (converted.record is None) == (scheme == "IOB2")


def in_scheme(mentions, length, scheme):
    """Return the tags of a sentence of some mentions (type, start, end)."""
    tags, previous = ["O"] * length, None
    for type, start, end in mentions:
        inside, adjacent = end - start - 1, previous == (type, start)
        prefixes = {
            "IOB1": ("B" if adjacent else "I") + "I" * inside,
            "IOB2": "B" + "I" * inside,
            "BIOES": "S" if not inside else "B" + "I" * (inside - 1) + "E",
            "BILOU": "U" if not inside else "B" + "I" * (inside - 1) + "L",
        }[scheme]
        tags[start:end] = [f"{prefix}-{type}" for prefix in prefixes]
        previous = (type, end)
    return tags


ORACLES = {"IOB1": seqeval.IOB1, "IOB2": seqeval.IOB2, "BIOES": seqeval.IOBES, "BILOU": seqeval.BILOU}


@pytest.mark.parametrize("scheme", ORACLES)
@pytest.mark.parametrize("seed", range(20))
def test_random_mentions_are_those_that_seqeval_reads(scheme, seed):
    """Types with hyphens in their names, mentions side by side of the same and of other types."""
    draw, tagged = random.Random(seed), sentences()
    for _ in range(30):
        mentions, place = [], draw.randint(0, 2)
        while place < 12:
            end = place + draw.randint(1, 4)
            mentions.append((draw.choice(TYPES), place, end))
            place = end + draw.choice([0, 0, 1, 3])
        length = place + draw.randint(0, 2)
        tagged.tags.append(in_scheme(mentions, length, scheme))
        tagged.tokens.append(["w"] * length)
        tagged.places.append(("f", [1] * length))
    converted = convert(tagged, TYPES)
    assert converted.scheme == scheme
    oracle = seqeval.Entities(tagged.tags, ORACLES[scheme]).entities
    for tags, entities in zip(converted.corpus.tags, oracle, strict=True):
        expected = [(entity.tag, entity.start, entity.end) for entity in entities]
        assert [tuple(mention) for mention in find_mentions(tags, TYPES)] == expected
        strict = seqeval.Entities([[labels_of(TYPES)[tag] for tag in tags]], seqeval.IOB2).entities[0]
        assert [(entity.tag, entity.start, entity.end) for entity in strict] == expected  # and valid IOB2


def test_i_tags_without_a_beginning_are_kept_in_iob2():
    """WikiAnn has some; they are counted in the data card, and seqeval begins a mention with them."""
    converted = convert(sentences("I-PER O B-LOC I-ORG"))
    assert converted.corpus.tags == [[2, 0, 5, 4]] and converted.record is None


def test_a_file_without_mentions_is_iob2():
    assert convert(sentences("O O", "O")).scheme == "IOB2"
    assert convert(TaggedSentences("row")).corpus == Corpus([], [])


def test_types_are_those_that_are_held_in_the_order_of_their_names():
    converted = convert(sentences("B-b O B-a I-a", "B-C"), None)
    assert converted.corpus.types == ("C", "a", "b")
    assert converted.corpus.tags == [[5, 0, 3, 4], [1]]


def test_renamed_types_keep_their_mentions_apart():
    tagged = sentences("B-PER B-PERSON I-PERSON I-LOC O B-DATE I-DATE B-PER")
    converted = convert(tagged, rename={"PERSON": "PER", "DATE": "O"})
    assert labels(converted) == ["B-PER B-PER I-PER I-LOC O O O B-PER"]
    assert converted.record == {
        "scheme": "IOB2",
        "changed_tags": 0,
        "renamed_mentions": {"DATE→O": 1, "PERSON→PER": 1},
    }
    stray = convert(sentences("B-PER I-PERSON I-PERSON"), rename={"PERSON": "PER"})
    assert labels(stray) == ["B-PER B-PER I-PER"]  # seqeval sees two mentions before, and after


BAD = {
    "no_prefix": (["O PER"], "f: line 2: tag 'PER'; expected one of O, B-PER, I-PER, B-ORG"),
    "no_type": (["O", "B-"], "f: line 3: tag 'B-'; expected one of O, "),
    "space_in_a_type": (["O"], "f: line 1: tag 'B-A B'; expected one of O, "),
    "other_type": (
        ["O O", "O B-MISC"],
        "f: line 5: tag 'B-MISC' of a type that is not in `data: entity_types` (PER, ORG, LOC); add it there, or leave "
        "it out by `data: rename: {MISC: O}`",
    ),
    "two_schemes": (
        ["B-PER E-PER", "U-LOC"],
        "f: line 4: a tag with U- (BILOU), and one with E- (BIOES) at f: line 2; expected one scheme in a file",
    ),
    "iob2_after_bioes": (
        ["S-PER O", "B-PER O"],
        "f: line 5: tag O after B-PER; expected one scheme in a file, and other tags of the file are BIOES, with E- or",
    ),
    "open_at_the_end": (
        ["S-PER", "B-PER I-PER"],
        "f: line 4: the end of the sentence after I-PER; expected one scheme in a file, and other tags",
    ),
    "end_of_another_type": (["B-PER L-LOC"], "f: line 2: tag L-LOC after B-PER; expected one scheme in a file, and"),
    "end_without_a_beginning": (["E-PER"], "f: line 1: tag E-PER at the beginning of a sentence; expected one scheme"),
}


@pytest.mark.parametrize("tags, line", BAD.values(), ids=BAD)
def test_tags_that_are_refused(tags, line):
    tagged = sentences(*tags)
    if "A B" in line:
        tagged.tags = [["B-A B"]]
    with pytest.raises(InputError) as error:
        convert(tagged)
    assert str(error.value).startswith(line) and "\n" not in str(error.value)


def test_more_types_than_label_ids():
    many = sentences(*(f"B-T{number}" for number in range(64)))
    with pytest.raises(InputError, match="^f: 64 entity types; expected at most 63$"):
        convert(many, None)
    assert len(convert(sentences(*(f"B-T{number}" for number in range(63))), None).corpus.types) == 63


def test_label_ids_follow_the_types_of_the_study():
    corpus = Corpus([["a", "b", "c"]], [[0, 1, 2]], types=("LOC",))
    assert with_types(corpus, ("DATE", "LOC"), "f").tags == [[0, 3, 4]]
    with pytest.raises(InputError, match="^f: entity type LOC; expected one of DATE, PER$"):
        with_types(corpus, ("DATE", "PER"), "f")


def test_a_type_that_only_one_split_has_is_a_type_of_all():
    splits = of_splits({"train": convert(sentences("B-b"), None), "test": convert(sentences("B-a"), None)}, None)
    assert {name: (split.corpus.types, split.corpus.tags) for name, split in splits.items()} == {
        "train": (("a", "b"), [[3]]),
        "test": (("a", "b"), [[1]]),
    }


def test_the_sentence_that_the_documentation_shows_is_read():
    page = (Path(__file__).parents[3] / "docs" / "your-study.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```text\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    converted = convert(read_columns(shown.encode("utf-8"), "your-study.md", "sw"), types=None)
    assert converted.scheme == "BIOES" and labels(converted) == ["B-PER O B-DATE I-DATE"]
