"""Copy what a study shows to a folder of the repository: no data, no predictions, no models."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from compression.files import atomic_folder
from logs import log_to


def main(files: Iterable[str], results: str, out: str) -> None:
    """Copy the files, which lie in the folder `results`, to the same places in the folder `out`."""
    with atomic_folder(out) as beside:
        for file in map(Path, files):
            target = beside / file.relative_to(results)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    print(f"{len(list(files))} files in {out}")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(list(snakemake.input), snakemake.params.results, snakemake.output[0])
