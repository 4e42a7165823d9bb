"""Write the mentions that the test sets of some languages share with one training set."""

import csv
from collections.abc import Iterable

from compression.entities import known_mentions, overlap
from compression.files import atomic_path
from compression.wikiann import read_corpus
from logs import log_to

COLUMNS = ("language", "test_set", "mentions", "seen", "unseen_share")


def main(train_paths: Iterable[str], test_sets: Iterable[tuple[str, str, str]], out: str) -> None:
    """Write one row a test set; test_sets: (language, test set, path) each, in the order of the rows."""
    training_mentions = known_mentions(read_corpus(path) for path in train_paths)
    with atomic_path(out) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for language, test_set, path in test_sets:
            counts = overlap(training_mentions, read_corpus(path))
            table.writerow({"language": language, "test_set": test_set, **counts})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        names = zip(snakemake.params.languages, snakemake.params.test_sets, strict=True)
        tests = [(*name, path) for name, path in zip(names, snakemake.input.tests, strict=True)]
        main(snakemake.input.train, tests, snakemake.output[0])
