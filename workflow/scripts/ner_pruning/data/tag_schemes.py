"""Tags as data sets write them: their scheme is recognised, they become IOB2, and their types those of the study.

seqeval reads the same schemes, but recognises them by their prefixes alone (IOB1 never), and takes tags that break
theirs. Here such tags are refused; the tests compare the mentions of the others with seqeval's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from ner_pruning.data.mentions import MOST_TYPES, labels_of
from ner_pruning.data.wikiann import Corpus
from ner_pruning.files import InputError, read_json
from ner_pruning.terms import OUTSIDE, TYPES, Types

IOB1, IOB2, BIOES, BILOU = "IOB1", "IOB2", "BIOES", "BILOU"

_ENDS = {BIOES: ("E", "S"), BILOU: ("L", "U")}
"""Of the last word of a mention, and of its only one."""

_PREFIXES = "BIESLU"


class Tag(NamedTuple):
    """A tag in its two parts: B, I, E, S, L or U before the hyphen, and the type; both are "" for O."""

    prefix: str
    type: str

    def __str__(self) -> str:
        return f"{self.prefix}-{self.type}" if self.prefix else OUTSIDE


@dataclass
class TaggedSentences:
    """Sentences with their tags as a file has them.

    tokens, tags: words of each sentence, and one tag a word.
    places: for each sentence its file, and its row (counted from 0), its line (from 1), or the line of each word.
    unit: of the places, `row` or `line`.
    left_out: lines without a word that were left out.
    """

    unit: str
    tokens: list[list[str]] = field(default_factory=list)
    tags: list[list[str]] = field(default_factory=list)
    places: list[tuple[str, int | list[int]]] = field(default_factory=list)
    left_out: int = 0

    def place(self, sentence: int, word: int) -> str:
        """Return where a word stands, as errors begin."""
        source, number = self.places[sentence]
        return f"{source}: {self.unit} {number[word] if isinstance(number, list) else number}"


class Converted(NamedTuple):
    """A corpus in IOB2, and what was changed for it.

    scheme: of the tags as they were. changed: tags with another prefix now. renamed: mentions by their old and new
    type, "LOC→place", "DATE→O". left_out: lines without a word.
    """

    corpus: Corpus
    scheme: str = IOB2
    changed: int = 0
    renamed: Mapping[str, int] = MappingProxyType({})
    left_out: int = 0

    @property
    def record(self) -> dict[str, Any] | None:
        """What the data card says of it; None where the tags are as they were."""
        if self.scheme == IOB2 and not self.renamed and not self.left_out:
            return None
        record = {"scheme": self.scheme, "changed_tags": self.changed, "renamed_mentions": dict(self.renamed)}
        return record | ({"lines_without_a_word": self.left_out} if self.left_out else {})


def convert(
    sentences: TaggedSentences, types: Types | None = TYPES, rename: Mapping[str, str] | None = None
) -> Converted:
    """Return sentences as a corpus of the entity types of a study, in IOB2.

    types: in the order of label ids; None: those that the sentences have, by name. rename: other names of types, `O`
    for one that is left out; two types may get one name, and their mentions stay apart. Raises InputError that names
    the place of a tag that is none, is of no scheme that the others are of, or of a type that is not among `types`.
    """
    rename = rename or {}
    parsed = {text: _parse(text) for tags in sentences.tags for text in tags}
    for text, tag in parsed.items():
        if tag is None:
            expected = f"one of {', '.join(labels_of(types))}" if types else "O, or B- or I- and a type"
            raise InputError(f"{_first(sentences, text)}: tag {text!r}; expected {expected}")
    tags = [[parsed[text] for text in of_sentence] for of_sentence in sentences.tags]
    scheme = recognise(tags, parsed.values(), sentences)
    in_iob2 = tags if scheme == IOB2 else [to_iob2(of_sentence, scheme) for of_sentence in tags]
    changed = sum(
        old != new for before, after in zip(tags, in_iob2, strict=True) for old, new in zip(before, after, strict=True)
    )
    renamed: Counter[str] = Counter()
    if any(tag.type in rename for tag in parsed.values()):
        in_iob2 = [_renamed(of_sentence, rename, renamed) for of_sentence in in_iob2]
    held = {tag.type for of_sentence in in_iob2 for tag in of_sentence if tag.prefix}
    if types is None:
        types = tuple(sorted(held))
    elif held.difference(types):
        _refuse_type(sentences, in_iob2, types)
    if "strict" in types:
        raise InputError(
            f"{sentences.places[0][0]}: an entity type strict; expected another name (`data: rename`): the scores have "
            "a column f1_strict of all types"
        )
    if len(types) > MOST_TYPES:
        raise InputError(f"{sentences.places[0][0]}: {len(types)} entity types; expected at most {MOST_TYPES}")
    ids = {label: number for number, label in enumerate(labels_of(types))}
    numbers = {tag: ids[str(tag)] for tag in {tag for of_sentence in in_iob2 for tag in of_sentence}}
    corpus = Corpus(sentences.tokens, [[numbers[tag] for tag in of_sentence] for of_sentence in in_iob2], types=types)
    return Converted(corpus, scheme, changed, dict(sorted(renamed.items())), sentences.left_out)


def _parse(text: str) -> Tag | None:
    if text == OUTSIDE:
        return Tag("", "")
    prefix, hyphen, type = text.partition("-")
    proper = prefix in _PREFIXES and len(prefix) == 1 and hyphen and type and not any(map(str.isspace, type))
    return Tag(prefix, type) if proper else None


def _first(sentences: TaggedSentences, text: str) -> str:
    """Return the place of the first word with a tag."""
    number = next(number for number, tags in enumerate(sentences.tags) if text in tags)
    return sentences.place(number, sentences.tags[number].index(text))


def recognise(tags: Sequence[Sequence[Tag]], kinds: Iterable[Tag], sentences: TaggedSentences) -> str:
    """Return the scheme of the tags of a file; kinds: the different ones.

    It is BIOES or BILOU if a tag has a prefix that only this one has, and then every mention must be well-formed. It is
    IOB1 if mentions begin with I-, and with B- only after another one of their type; else IOB2, in which an I- that
    continues no mention is kept: seqeval begins a mention with it, and the data card counts it.
    """
    prefixes = {tag.prefix for tag in kinds}
    found = {scheme: prefixes.intersection(ends) for scheme, ends in _ENDS.items()}
    if all(found.values()):
        (bioes, bilou) = (min(own) for own in found.values())
        places = [_first(sentences, next(str(tag) for tag in kinds if tag.prefix == own)) for own in (bioes, bilou)]
        raise InputError(
            f"{places[1]}: a tag with {bilou}- (BILOU), and one with {bioes}- (BIOES) at {places[0]}; expected one "
            "scheme in a file"
        )
    for scheme, own in found.items():
        if own:
            _check_ends(tags, scheme, sentences)
            return scheme
    begins_inside = False
    for of_sentence in tags:
        previous = Tag("", "")
        for tag in of_sentence:
            if tag.prefix and tag.type != previous.type:
                if tag.prefix == "B":
                    return IOB2
                begins_inside = True
            previous = tag
    return IOB1 if begins_inside else IOB2


def _check_ends(tags: Sequence[Sequence[Tag]], scheme: str, sentences: TaggedSentences) -> None:
    """Raise InputError at the first word whose tag does not follow the one before it as the scheme has it."""
    end, single = _ENDS[scheme]
    for number, of_sentence in enumerate(tags):
        opened = ""  # the type of a mention that has not ended
        for word, tag in enumerate([*of_sentence, Tag("", "")]):
            goes_on = tag.prefix in ("I", end)
            if goes_on != bool(opened) or (goes_on and tag.type != opened):
                place = sentences.place(number, min(word, len(of_sentence) - 1))
                what = f"tag {tag}" if word < len(of_sentence) else "the end of the sentence"
                after = f"after {of_sentence[word - 1]}" if word else "at the beginning of a sentence"
                others = f"other tags of the file are {scheme}, with {end}- or {single}-"
                raise InputError(f"{place}: {what} {after}; expected one scheme in a file, and {others}")
            opened = tag.type if tag.prefix in ("B", "I") else ""


def to_iob2(tags: Sequence[Tag], scheme: str) -> list[Tag]:
    """Return the tags of a sentence of a scheme in IOB2."""
    if scheme == IOB1:
        before = [Tag("", ""), *tags]
        return [
            tag._replace(prefix="B") if tag.prefix and tag.type != previous.type else tag
            for previous, tag in zip(before, tags, strict=False)
        ]
    end, single = _ENDS[scheme]
    return [tag._replace(prefix={end: "I", single: "B"}.get(tag.prefix, tag.prefix)) for tag in tags]


def _renamed(tags: Sequence[Tag], rename: Mapping[str, str], counts: Counter[str]) -> list[Tag]:
    """Return the tags of a sentence with other types; mentions begin where they did. counts: of renamed mentions."""
    result, previous = [], Tag("", "")
    for tag in tags:
        new = tag
        if tag.prefix:
            begins = tag.prefix == "B" or tag.type != previous.type
            name = rename.get(tag.type, tag.type)
            if name != tag.type and begins:
                counts[f"{tag.type}→{name}"] += 1
            same = result and result[-1].type == name  # two types of one name side by side
            new = Tag("", "") if name == OUTSIDE else Tag("B" if begins and same else tag.prefix, name)
        result.append(new)
        previous = tag
    return result


def _refuse_type(sentences: TaggedSentences, tags: Sequence[Sequence[Tag]], types: Types) -> None:
    for number, of_sentence in enumerate(tags):
        for word, tag in enumerate(of_sentence):
            if tag.prefix and tag.type not in types:
                place, found = sentences.place(number, word), sentences.tags[number][word]
                raise InputError(
                    f"{place}: tag {found!r} of a type that is not in `data: entity_types` ({', '.join(types)}); add "
                    f"it there, or leave it out by `data: rename: {{{tag.type}: O}}`"
                )


def of_splits(splits: Mapping[str, Converted], types: Types | None) -> dict[str, Converted]:
    """Return the splits of a language with the label ids of `types`; None: those that any split has, by name."""
    if types is None:
        types = tuple(sorted({type for split in splits.values() for type in split.corpus.types}))
    return {name: split._replace(corpus=with_types(split.corpus, types, name)) for name, split in splits.items()}


def of_study(corpus: Corpus, types_path: str | None, source: str) -> Corpus:
    """Return a corpus with the label ids of its study.

    types_path: JSON of the study's entity types, None where a corpus has them already; source: as for `with_types`.
    """
    return corpus if types_path is None else with_types(corpus, tuple(read_json(types_path)), source)


def with_types(corpus: Corpus, types: Types, source: str) -> Corpus:
    """Return a corpus with the tag ids of a study's types; source: what the error names that refuses another type."""
    if corpus.types == types:
        return corpus
    unknown = [type for type in corpus.types if type not in types]
    if unknown:
        raise InputError(f"{source}: entity type {unknown[0]}; expected one of {', '.join(types)}")
    ids = [labels_of(types).index(label) for label in labels_of(corpus.types)]
    return Corpus(corpus.tokens, [[ids[tag] for tag in tags] for tags in corpus.tags], corpus.original, types)
