"""Forbid connections to other machines; Python imports this module at its start where its folder is on PYTHONPATH."""

import ipaddress
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
