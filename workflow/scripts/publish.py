"""Copy a study's tables, figures, scores and claims to a folder of the repository: no data, predictions or models."""

import csv
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from jobs.logs import log_to
from ner_pruning.files import atomic_folder


def main(files: Sequence[str], out: str) -> None:
    """Copy the files to the folder `out`, each to the place that it has in the folder that all lie in.

    Left out are those of `tables` without a single value, and of `figures` those of the same name.
    """
    results = Path(os.path.commonpath(files))
    places = [Path(file).relative_to(results) for file in files]
    empty = {place.stem for place in places if place.parent.name == "tables" and is_empty(results / place)}
    kept = [place for place in places if not (place.parent.name in ("tables", "figures") and place.stem in empty)]
    with atomic_folder(out) as beside:
        for place in kept:
            target = beside / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(results / place, target)
    if empty:
        print(f"left out, as there is nothing in them: {', '.join(sorted(empty))}")
    print(f"{len(kept)} files in {out}")


def is_empty(path: Path) -> bool:
    """Return whether a file is a table in CSV that has a head alone, or only rows without a value."""
    if path.suffix != ".csv":
        return False
    with path.open(encoding="utf-8", newline="") as table:
        return not any(any(row) for row in list(csv.reader(table))[1:])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), snakemake.output[0])
