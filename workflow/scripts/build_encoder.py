"""Fetch the encoder from the Hub or a folder, or build the one that the config describes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from compression.encoder import FILES, check_packing, fetch_encoder, random_encoder
from compression.files import read_json
from compression.wikiann import read_corpus
from logs import log_to


def read_texts(paths: Sequence[str]) -> Iterator[list[str]]:
    for path in paths:
        yield from read_corpus(path).tokens


def main(source: str, name: str, sizes: dict | None, commit_path: str | None, train_paths: list[str], out: str) -> None:
    Path(out).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix=".incomplete-") as folder:
        if source == "random":
            random_encoder(read_texts(train_paths), sizes, sizes["seed"], Path(folder))
        else:
            fetch_encoder(name, read_json(commit_path)["commit"] if commit_path else None, Path(folder))
        check_packing(Path(folder))
        for file in FILES:
            Path(folder, file).rename(Path(out, file))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            source=snakemake.params.source,
            name=snakemake.params.name,
            sizes=snakemake.params.sizes,
            commit_path=snakemake.input.get("commit"),
            train_paths=snakemake.input.get("train", []),
            out=str(Path(snakemake.output[0]).parent),
        )
