"""Copy a study's tables, figures, scores and claims to a folder of the repository: no data, predictions or models."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from jobs.logs import log_to
from ner_pruning.files import atomic_folder


def main(files: Sequence[str], out: str) -> None:
    """Copy the files to the folder `out`, each to the place that it has in the folder that all lie in."""
    results = os.path.commonpath(files)
    with atomic_folder(out) as beside:
        for file in map(Path, files):
            target = beside / file.relative_to(results)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    print(f"{len(files)} files in {out}")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), snakemake.output[0])
