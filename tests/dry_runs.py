"""Many dry runs at the price of one: the calls in a JSON file, each as `snakemake --dry-run` or a script would start.

A call has `program` (snakemake, or the path of a script), its `arguments`, its `environment`, which is added to this
one, and `printed`, the file for what it prints. The statuses of all go to the file of the calls, with the suffix
.statuses.

Most of a dry run is the import of Snakemake, of its plugins and of the package, and reading its code: it is done here
once, by the first call of snakemake and that of a script. Each call is then made by the command's own entry point in a
fork, so that none sees what another left. A script does no more than to read its arguments.
"""

import argparse
import json
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from snakemake.cli import main

PROCESSES = 2

Call = Mapping[str, Any]


def make_call(call: Call) -> int:
    """Make a call, print to its file from now on, and return its exit status."""
    with open(call["printed"], "wb") as printed:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(printed.fileno(), stream.fileno())
    os.environ.update(call["environment"])
    sys.argv = [call["program"], *call["arguments"]]
    try:
        if call["program"] == "snakemake":
            main(["--dry-run", *call["arguments"]])
        else:
            read_arguments(call["program"])
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
    return 0


def read_arguments(script: str) -> None:
    """Start a script and end it when it has read its arguments, or with status 2 when these are wrong."""
    parse = argparse.ArgumentParser.parse_args

    def parse_and_end(parser, *given, **named):
        parse(parser, *given, **named)
        sys.exit(0)

    argparse.ArgumentParser.parse_args = parse_and_end
    sys.path.insert(0, str(Path(script).parent))
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        argparse.ArgumentParser.parse_args = parse
    sys.exit(f"{script}: has not read its arguments")


def make_calls(calls: Sequence[Call]) -> list[int]:
    """Make calls, so many at a time, and return their exit statuses."""
    first = {call["program"] == "snakemake": call for call in reversed(calls)}
    for call in first.values():
        make_call(call)
    places: dict[int, int] = {}
    statuses = [0] * len(calls)

    def wait() -> None:
        process, status = os.wait()
        statuses[places.pop(process)] = os.waitstatus_to_exitcode(status)

    for place, call in enumerate(calls):
        if len(places) == PROCESSES:
            wait()
        process = os.fork()
        if process == 0:
            os._exit(make_call(call))
        places[process] = place
    while places:
        wait()
    return statuses


if __name__ == "__main__":
    path = Path(sys.argv[1])
    done = make_calls(json.loads(path.read_text(encoding="utf-8")))
    path.with_name(f"{path.name}.statuses").write_text(json.dumps(done), encoding="utf-8")
