"""What a machine is called."""

import platform
import re
from pathlib import Path


def processor_name() -> str:
    """Return the name of this machine's processor, such as "AMD EPYC 9654 96-Core Processor"."""
    info = Path("/proc/cpuinfo")
    found = info.is_file() and re.search(r"^model name\s*: (.+)$", info.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()
