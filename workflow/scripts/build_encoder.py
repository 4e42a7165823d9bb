"""Fetch the encoder from the Hub or a folder, or build the one that the config describes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jobs.logs import log_to
from ner_pruning.data.wikiann import read_corpus
from ner_pruning.files import naming, read_json
from ner_pruning.study.layout import ENCODER_FILES
from ner_pruning.training.encoder import fetch_encoder, random_encoder
from ner_pruning.training.encoder_check import settle_packing


def read_texts(paths: Sequence[str]) -> Iterator[list[str]]:
    for path in paths:
        yield from read_corpus(path).tokens


def main(
    source: str,
    name: str,
    sizes: dict[str, Any] | None,
    commit_path: str | None,
    train_paths: list[str],
    max_length: int,
    out: str,
) -> None:
    """Write the encoder's files to the folder `out`; name: Hub id or folder; commit_path: JSON of resolve_encoder."""
    Path(out).mkdir(parents=True, exist_ok=True)
    with naming(out), TemporaryDirectory(dir=out, prefix=".incomplete-") as folder:
        if source == "random":
            random_encoder(read_texts(train_paths), sizes, sizes["seed"], Path(folder))
        else:
            fetch_encoder(name, read_json(commit_path)["commit"] if commit_path else None, Path(folder))
        settle_packing(Path(folder), max_length)
        for file in ENCODER_FILES:
            Path(folder, file).rename(Path(out, file))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            source=snakemake.params.source,
            name=snakemake.params.name,
            sizes=snakemake.params.sizes,
            commit_path=snakemake.input.get("commit"),
            train_paths=snakemake.input.get("train", []),
            max_length=snakemake.params.max_length,
            out=str(Path(snakemake.output[0]).parent),
        )
