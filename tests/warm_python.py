"""A Python that has imported what the workflow's jobs import, and forks once for each script that tests start.

Most of a small job is the import of packages, the same in hundreds of jobs. Here they are imported once. A process that
would run a job's script, or snakemake, asks this one for a fork instead (loopback/warm_client.py), hands its
arguments, environment, folder and streams over, passes signals on and ends as the fork does. The fork runs all of the
script, its imports too, which find the packages in place. Nothing of the workflow itself is imported here.

What depends on how a process starts takes no part: the demo, jobs of SLURM, what reads the Hub's address when it is
imported, faults and signals. It needs Linux.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

PACKAGES = [
    *("PIL.PngImagePlugin", "dpath", "fontTools.subset", "jsonschema", "matplotlib.backends.backend_agg"),
    *("matplotlib.backends.backend_pdf", "matplotlib.backends.backend_svg", "matplotlib.figure", "nbformat"),
    *("pandas", "pyarrow.compute", "pyarrow.parquet", "safetensors.torch", "scipy.stats", "seqeval.metrics"),
    *("smart_open", "snakemake.cli", "snakemake.report.html_reporter", "tokenizers", "torch", "transformers"),
    *("transformers.models.auto.modeling_auto", "transformers.models.bert.modeling_bert", "yaml", "yte", "zstandard"),
]


class Fork(NamedTuple):
    """A fork that runs: who asked for it, and what can be read when it has ended."""

    asking: socket.socket
    ended: int


def start(python: str = sys.executable, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Start the process and return the variable that has others use it: the Python, and the socket.

    It ends with this one. What runs in its forks is of that Python, and of the locale of that environment.
    """
    process = subprocess.Popen([python, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    atexit.register(process.stdin.close)
    name = process.stdout.readline().decode().strip()
    assert name, "the warm Python has not started"
    return {"WARM_PYTHON": f"{python}{os.pathsep}{name}"}


def receive(listening: socket.socket) -> tuple[socket.socket, list[int], dict[str, Any]]:
    """Return who asks for a fork, its standard streams, and its call: arguments, environment and folder."""
    asking, _ = listening.accept()
    size = int.from_bytes(asking.recv(4, socket.MSG_WAITALL), "big")
    text, streams, _, _ = socket.recv_fds(asking, size, 3)
    return asking, streams, json.loads(text + asking.recv(size - len(text), socket.MSG_WAITALL))


def answer(asking: socket.socket, number: int) -> None:
    """Send a number to who asked, which may have been killed by now."""
    with suppress(BrokenPipeError):
        asking.send(number.to_bytes(4, "big", signed=True))


def serve(listening: socket.socket) -> dict[str, Any]:
    """Fork for each process that connects; return in the forks alone, with the call."""
    events = selectors.DefaultSelector()
    events.register(listening, selectors.EVENT_READ)
    events.register(sys.stdin, selectors.EVENT_READ)
    forks: dict[int, Fork] = {}  # by their numbers
    while True:
        for key, _ in events.select():
            if key.fileobj is listening:
                asking, streams, call = receive(listening)
                number = os.fork()
                if number == 0:
                    for place, stream in enumerate(streams):
                        os.dup2(stream, place)
                    for opened in (events, listening, asking, *(fork.asking for fork in forks.values())):
                        opened.close()
                for stream in streams:
                    os.close(stream)
                if number == 0:
                    return call
                answer(asking, number)
                forks[number] = Fork(asking, os.pidfd_open(number))
                for each in forks[number]:
                    events.register(each, selectors.EVENT_READ, number)
            elif key.fileobj is sys.stdin:  # the tests have ended
                for number in forks:
                    os.kill(number, signal.SIGKILL)
                os._exit(0)
            elif key.data not in forks:  # it ended just before who asked for it was killed
                continue
            elif key.fileobj is forks[key.data].asking:  # which was killed
                os.kill(key.data, signal.SIGKILL)
                events.unregister(key.fileobj)
            else:
                asking, ended = forks.pop(key.data)
                for each in (asking, ended):
                    if each in events.get_map():
                        events.unregister(each)
                answer(asking, os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1]))
                asking.close()
                os.close(ended)


def main() -> None:
    """Import the packages, print where to ask for forks, and make them until standard input ends."""
    for name in PACKAGES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("")  # Linux chooses an abstract name, which is no file
    listening.listen()
    print(listening.getsockname()[1:].decode(), flush=True)
    call = serve(listening)
    arguments, environment = call["arguments"], call["environment"]
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    if threads := environment.get("OMP_NUM_THREADS"):  # which libraries read when they are loaded
        sys.modules["torch"].set_num_threads(int(threads))
    tempfile.tempdir = None  # it follows from the environment, too
    sys.orig_argv = [sys.executable, *arguments]
    sys.argv = list(arguments[arguments[0] == "-m" :])
    sys.path[0] = os.getcwd() if arguments[0] == "-m" else os.path.dirname(arguments[0])
    os._exit(status_of(*arguments[:2]))  # not the long way, on which all that was imported would be taken apart


def status_of(first: str, second: str = "") -> int:
    """Run a script, or a module after `-m`, as Python does, and return its exit status."""
    code: object = None
    try:
        if first == "-m":
            runpy.run_module(second, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(first, run_name="__main__")
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        traceback.print_exc()
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    threading._shutdown()  # waits for threads, as Python does before the rest
    atexit._run_exitfuncs()
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    main()
