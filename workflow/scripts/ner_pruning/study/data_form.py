"""How a study's data set is named and written: keys of the config's `data`, beside where it is."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ner_pruning.terms import TYPES, Types

SPLITS: tuple[str, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class DataForm:
    """The keys, whose defaults are WikiAnn's.

    path: of a split's files in the folder or repository, without their ending, with {language} and {split}. names: what
    stands for a language there, if not its code; splits: what stands for a split. columns: the names of the columns, or
    keys, `tokens` and `tags`; numbers in tagged text. entity_types: of the study, in the order of label ids; None for
    those that the data have. rename: other names of types; labels: tag names by id, for files that do not have them.
    """

    path: str = "{language}/{split}"
    names: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, str] = field(default_factory=lambda: {split: split for split in SPLITS})
    columns: Mapping[str, str | int] = field(default_factory=lambda: {"tokens": "tokens", "tags": "ner_tags"})
    entity_types: Types | None = TYPES
    rename: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "DataForm":
        """Return the form that the config's `data` describes; a key that it does not have is as WikiAnn's."""
        known = {key: values[key] for key in cls.__dataclass_fields__ if key in values}
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in known.items()})

    @classmethod
    def of_config(cls, data: Mapping[str, Any]) -> "DataForm":
        """Return the form of the data of a config's `data`; text that is made up has no files, and only types."""
        form = cls.of(data)
        return replace(WIKIANN, entity_types=form.entity_types) if data["source"] == "synthetic" else form

    def of_language(self, language: str) -> dict[str, Any]:
        """Return, as plain values, what a language reads of it: `of` makes a form of them again."""
        names = {language: self.names[language]} if language in self.names else {}
        lists = {key: value and list(value) for key, value in asdict(self).items() if isinstance(value, tuple)}
        return asdict(self) | lists | {"names": names}

    @property
    def keeps_paths(self) -> bool:
        """Whether files are looked for where WikiAnn's lie."""
        return all(getattr(self, key) == getattr(WIKIANN, key) for key in ("path", "names", "splits"))

    def base(self, language: str, split: str) -> str:
        """Return the path of a split's files without their ending."""
        path = self.path.replace("{split}", self.splits[split])
        return path.replace("{language}", self.name(language))

    def name(self, language: str) -> str:
        """Return what stands for a language in paths."""
        return self.names.get(language, language)


WIKIANN = DataForm()


def named_languages(key: str) -> list[str]:
    """Return the languages that a key of `by_language` names, one or several: "fi", "fi, ka"."""
    return re.split(r",\s*", key)


def data_of_language(data: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the config's `data` as it is for one language: with what `by_language` says of it, as an overlay would."""
    own = [values for key, values in data.get("by_language", {}).items() if language in named_languages(key)]
    merged = {key: value for key, value in data.items() if key != "by_language"}
    for key, value in (own[0] if own else {}).items():
        merged[key] = {**merged[key], **value} if isinstance(value, Mapping) else value
    return merged


def sources(data: Mapping[str, Any], languages: Iterable[str]) -> list[dict[str, Any]]:
    """Return the config's `data` as it is for each of some languages, in their order."""
    return [data_of_language(data, language) for language in languages]


def is_like_table_1(data: Mapping[str, Any]) -> bool:
    """Return whether what the paper has published can be compared with the data: WikiAnn, or text made up like it."""
    return is_of_table_1(data) or (data["source"] == "synthetic" and DataForm.of_config(data) == WIKIANN)


def is_of_table_1(data: Mapping[str, Any]) -> bool:
    """Return whether the data are WikiAnn's as far as the config's `data` tells: their sizes are those of Table 1."""
    if data["source"] == "synthetic" or DataForm.of(data) != WIKIANN:
        return False
    return data["source"] == "local" or data["repository"].rpartition("/")[2].lower() == "wikiann"
