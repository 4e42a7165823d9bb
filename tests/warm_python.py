"""A Python that has imported what the workflow's jobs import, and forks once for each script that tests start.

Most of a small job is the import of packages, the same in hundreds of jobs. Here they are imported once. A process that
would run a job's script, or snakemake, asks this one for a fork instead (loopback/warm_client.py), hands its
arguments, environment, folder and streams over, passes signals on and ends as the fork does. The fork runs all of the
script, its imports too, which find the packages in place. Nothing of the workflow itself is imported here.

What depends on how a process starts takes no part: the demo, jobs of SLURM, what reads the Hub's address when it is
imported, faults and signals.
"""

import atexit
import gc
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
from collections.abc import Mapping, Sequence
from pathlib import Path

PACKAGES = [
    *("jsonschema", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf"),
    *("matplotlib.backends.backend_svg", "matplotlib.figure", "pandas", "pyarrow.compute", "pyarrow.parquet"),
    *("safetensors.torch", "scipy.stats", "seqeval.metrics", "snakemake.cli", "tokenizers", "torch", "transformers"),
    *("transformers.models.auto.modeling_auto", "transformers.models.bert.modeling_bert", "yaml", "zstandard"),
]


def start(python: str = sys.executable, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Start the process and return the variable that has others use it: the Python, and the socket.

    It ends with this one. What runs in its forks is of that Python, and of the locale of that environment.
    """
    path = Path(tempfile.mkdtemp(prefix="warm."), "socket")
    command = [python, __file__, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    atexit.register(process.stdin.close)
    assert process.stdout.readline() == b"ready\n"
    return {"WARM_PYTHON": f"{python}{os.pathsep}{path}"}


def serve(listening: socket.socket) -> tuple[Sequence[str], Mapping[str, str]]:
    """Fork for each process that connects; return in the forks alone, with the arguments and the environment."""
    events = selectors.DefaultSelector()
    events.register(listening, selectors.EVENT_READ)
    events.register(sys.stdin, selectors.EVENT_READ)
    running: dict[int, tuple[socket.socket, int]] = {}  # by the descriptor of a fork: who asked for it, its number
    while True:
        for key, _ in events.select():
            if key.fileobj is listening:
                asking, _ = listening.accept()
                size = int.from_bytes(asking.recv(4, socket.MSG_WAITALL), "big")
                first, streams, _, _ = socket.recv_fds(asking, size, 3)
                text = first + asking.recv(size - len(first), socket.MSG_WAITALL)
                if not (number := os.fork()):
                    for place, stream in enumerate(streams):
                        os.dup2(stream, place)
                        os.close(stream)
                    events.close()
                    listening.close()
                    asking.close()
                    for other, _ in running.values():
                        other.close()
                    call = json.loads(text)
                    os.chdir(call["folder"])
                    return call["arguments"], call["environment"]
                for stream in streams:
                    os.close(stream)
                asking.send(number.to_bytes(4, "big"))
                ended = os.pidfd_open(number)
                running[ended] = asking, number
                events.register(ended, selectors.EVENT_READ)
                events.register(asking, selectors.EVENT_READ, ended)
            elif key.fileobj is sys.stdin:  # the tests have ended
                for _, number in running.values():
                    os.kill(number, signal.SIGKILL)
                os._exit(0)
            elif key.data is not None:  # who asked was killed
                os.kill(running[key.data][1], signal.SIGKILL)
                events.unregister(key.fileobj)
            else:
                asking, number = running.pop(key.fd)
                code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
                events.unregister(key.fd)
                os.close(key.fd)
                if asking in events.get_map():
                    events.unregister(asking)
                    asking.send(code.to_bytes(4, "big", signed=True))
                asking.close()


def main() -> None:
    import importlib

    for name in PACKAGES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[1])
    listening.listen()
    print("ready", flush=True)
    arguments, environment = serve(listening)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    if threads := environment.get("OMP_NUM_THREADS"):  # which libraries read when they are loaded
        import torch

        torch.set_num_threads(int(threads))
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
