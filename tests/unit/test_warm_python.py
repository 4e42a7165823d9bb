"""What a warm Python runs ends, prints and is stopped as in a process of its own (warm_python.py)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from workflow_copy import COLD

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="all scripts start cold elsewhere")
SCRIPTS = {
    "prints": "import sys; print('é', *sys.argv[1:]); print('to the other', file=sys.stderr)",
    "fails": "raise ValueError('no')",
    "exits": "import sys; sys.exit(3)",
    "exits_with_a_line": "import sys; sys.exit('Error: no')",
    "is_killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "sees": "import os, sys, tempfile; print(os.getcwd(), os.environ['SEEN'], tempfile.gettempdir(), sys.path[0])",
    "reads": "import sys; print(sys.stdin.read().upper())",
    "ends_late": "import atexit, threading, time\natexit.register(print, 'last')\n"
    "threading.Thread(target=lambda: (time.sleep(0.1), print('first'))).start()",
}


@pytest.fixture
def script(tmp_path) -> Path:
    """The path of a script of the workflow."""
    path = tmp_path / ".snakemake/scripts/tmp.job.py"
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.parametrize("code", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_does_the_same(warm, script, tmp_path, code):
    script.write_text(code, encoding="utf-8")
    environment = {"SEEN": "ü", "TMPDIR": str(tmp_path)}
    ours, others = (
        subprocess.run(
            [sys.executable, script, "an argument"],
            cwd=tmp_path,
            env=os.environ | environment | start,
            input="text",
            capture_output=True,
            encoding="utf-8",
        )
        for start in ({}, COLD)
    )
    assert (ours.returncode, ours.stdout) == (others.returncode, others.stdout)
    last = [done.stderr.splitlines()[-1:] for done in (ours, others)]  # above it a traceback shows what has run it
    assert last[0] == last[1]


def test_a_job_of_slurm_is_a_process_of_its_own(warm, script):
    """SLURM limits and counts the processes that descend from its own."""
    script.write_text("import os\nprint(os.getppid())")
    command = [sys.executable, script]
    in_job, outside = (
        int(subprocess.run(command, env=os.environ | job, capture_output=True, check=True).stdout)
        for job in ({"SLURM_JOB_ID": "1"}, {})
    )
    assert in_job == os.getpid() != outside


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_reaches_the_script(warm, script, tmp_path, number):
    script.write_text(
        "import os, pathlib, signal, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"pathlib.Path({str(tmp_path / 'is')!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, script], stderr=subprocess.DEVNULL)
    while not (tmp_path / "is").exists() or not (tmp_path / "is").read_text():
        time.sleep(0.01)
    fork = psutil.Process(int((tmp_path / "is").read_text()))
    assert fork.pid != process.pid
    process.send_signal(number)
    assert process.wait() == -number
    assert psutil.wait_procs([fork], timeout=10)[1] == []
