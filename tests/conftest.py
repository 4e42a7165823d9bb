"""No test connects to another machine, nor does a process that it starts."""

import os
import runpy
from pathlib import Path

GUARD = Path(__file__).parent / "loopback"

runpy.run_path(str(GUARD / "sitecustomize.py"))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH")]))
