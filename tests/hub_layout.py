"""Corpora as the Hub has them: a folder a language, a Parquet file a split."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ner_pruning.data.mentions import LABELS
from ner_pruning.data.wikiann import Corpus


def hub_file(corpus: Corpus) -> bytes:
    """Return a corpus as a Parquet file of the Hub: tag names in the metadata."""
    tags = {"feature": {"names": list(LABELS), "_type": "ClassLabel"}, "_type": "List"}
    columns = {
        "tokens": pa.array(corpus.tokens, pa.list_(pa.string())),
        "ner_tags": pa.array(corpus.tags, pa.list_(pa.int64())),
    }
    description = json.dumps({"info": {"features": {"ner_tags": tags}}})
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata({"huggingface": description}), buffer)
    return buffer.getvalue()


def write_hub_files(folder: Path, corpora: Mapping[str, Corpus]) -> None:
    """Write a language's corpora, by split, to its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, corpus in corpora.items():
        (folder / f"{split}-00000-of-00001.parquet").write_bytes(hub_file(corpus))
