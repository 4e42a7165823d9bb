"""Has what this process would run be run by a fork of another one, which has imported the packages: warm_python.py."""

import json
import os
import signal
import socket
import sys


def _is_of_workflow(arguments: list[str]) -> bool:
    return arguments[:2] == ["-m", "snakemake"] or "/.snakemake/scripts/" in arguments[0]


def run_warm(name: str) -> None:
    """Run this process's script in a fork of the one that listens at a name, and end as that does."""
    arguments = sys.orig_argv[1:]
    if not arguments or not _is_of_workflow(arguments):
        return
    call = {"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}
    text = json.dumps(call).encode()
    asking = socket.socket(socket.AF_UNIX)
    asking.connect(f"\0{name}")
    asking.sendall(len(text).to_bytes(4, "big"))
    sent = socket.send_fds(asking, [text], [0, 1, 2])
    asking.sendall(text[sent:])
    fork = int.from_bytes(asking.recv(4, socket.MSG_WAITALL), "big")

    def pass_on(number: int, _: object) -> None:
        os.kill(fork, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    answer = asking.recv(4, socket.MSG_WAITALL)
    code = int.from_bytes(answer, "big", signed=True) if answer else 1
    if code < 0:
        if -code != signal.SIGKILL:  # which has no handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
