"""No test connects to another machine."""

import socket
import subprocess
import sys

import pytest

TRIES = {
    "address": "import socket; socket.socket().connect(('192.0.2.1', 80))",
    "name": "import socket; socket.create_connection(('example.org', 80))",
    "name_in_bytes": "import socket; socket.getaddrinfo(b'example.org', 80)",
    "ipv6": "import socket; socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
}


@pytest.mark.parametrize("program", TRIES.values(), ids=TRIES)
def test_other_machines_are_refused_here_and_in_what_tests_start(program):
    with pytest.raises(RuntimeError, match="tests connect to this machine only"):
        exec(program)
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "tests connect to this machine only" in started.stderr


def test_this_machine_is_allowed():
    for host in ("127.0.0.1", "localhost"):
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection((host, server.getsockname()[1])).close()
