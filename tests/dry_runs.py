"""Many dry runs at the price of one: plan the overlays given as arguments, each as `snakemake --dry-run` would.

What is printed for an overlay goes to a file beside it, with the suffix .printed. Most of a dry run is the import of
Snakemake, of its plugins and of the package, and reading its code: it is done here once, by a dry run of the first
overlay. Each overlay is then planned by the command's own entry point in a fork, so that none sees what another left.
"""

import os
import sys

from snakemake.cli import main

PROCESSES = 2


def dry_run(overlay: str) -> int:
    """Plan an overlay, print to its file from now on, and return the command's exit status."""
    with open(f"{overlay}.printed", "wb") as printed:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(printed.fileno(), stream.fileno())
    try:
        main(["--dry-run", "--configfile", overlay])
    except SystemExit as end:
        sys.stdout.flush()
        return end.code


def dry_runs(overlays: list[str]) -> int:
    """Plan overlays, so many at a time, and return 0 if all could be planned."""
    failed = dry_run(overlays[0])
    for place, overlay in enumerate(overlays):
        if place >= PROCESSES:
            failed |= os.wait()[1]
        if os.fork() == 0:
            os._exit(dry_run(overlay))
    for _ in overlays[:PROCESSES]:
        failed |= os.wait()[1]
    return int(failed != 0)


if __name__ == "__main__":
    sys.exit(dry_runs(sys.argv[1:]))
