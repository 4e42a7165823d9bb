"""Copy a folder of WikiAnn, in the Hub's layout, with at most so many sentences in each test and validation set.

The rehearsal of the whole study (studies/rehearsal.yaml) reads such a copy: all languages, runs and test sets, in
hours.

    python benchmarks/cap_test_sets.py data/wikiann data/wikiann-1000 --sentences 1000

Training sets are linked, not copied: their sizes choose batch sizes and schedules.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the copy; its files keep the first sentences of theirs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with <language>/<split>-00000-of-00001.parquet")
    parser.add_argument("copy", type=Path)
    parser.add_argument("--sentences", type=int, default=1000)
    given = parser.parse_args(arguments)
    paths = sorted(given.folder.glob("*/*.parquet"))
    if not paths:
        parser.error(f"{given.folder}: no files <language>/*.parquet")
    for path in paths:
        copy = given.copy / path.parent.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.name.startswith("train"):
            copy.unlink(missing_ok=True)
            copy.symlink_to(path.resolve())
        else:
            pq.write_table(pq.read_table(path).slice(0, given.sentences), copy)


if __name__ == "__main__":
    main()
