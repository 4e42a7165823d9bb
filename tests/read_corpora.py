"""What the readers of entity data give, as corpora."""

from collections.abc import Sequence
from pathlib import Path

from ner_pruning.data import readers, sources
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.tag_schemes import convert
from ner_pruning.data.wikiann import Corpus
from ner_pruning.study.data_form import SPLITS, WIKIANN, DataForm


def from_shards(paths: Sequence[Path]) -> Corpus:
    """Return the corpus in Parquet files of WikiAnn's."""
    return convert(readers.read_shards(paths, labels=LABELS)).corpus


def from_text(content: bytes, source: str, prefix: str = "") -> Corpus:
    """Return the corpus in text of XTREME's or Rahimi's form."""
    return convert(readers.read_tagged_text(content, source, prefix)).corpus


def from_folder(folder: Path, language: str, form: DataForm = WIKIANN) -> dict[str, Corpus]:
    """Return a language's corpora by split."""
    return {split: found.corpus for split, found in sources.read_local(folder, language, form).items()}


def source_paths(folder: Path, language: str, form: DataForm = WIKIANN) -> list[Path]:
    """Return the files of a language, each once, in the order of its splits."""
    files = sources.source_files(folder, language, form)
    return list(dict.fromkeys(path for split in SPLITS for path in files[split]))
