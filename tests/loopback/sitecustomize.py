"""Forbid connections to other machines, and have a warm Python run what it can (warm_python.py in the folder above).

Python imports this module at its start where its folder is on PYTHONPATH.
"""

import ipaddress
import os
import sys


def _is_loopback(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _refuse_other_machines(event: str, arguments: tuple) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):  # a Unix socket's address is a path
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_loopback(host):
        raise RuntimeError(f"{host}: tests connect to this machine only")


sys.addaudithook(_refuse_other_machines)

warm = os.environ.get("WARM_PYTHON")  # of this Python, and where it listens
if warm and "SLURM_JOB_ID" not in os.environ:  # a fork would not be among the processes of SLURM's job
    python, _, name = warm.rpartition(os.pathsep)
    if python == sys.executable:
        from warm_client import run_warm

        run_warm(name)
