"""GPUs that a machine has not: a program that answers as their driver does."""

from collections.abc import Sequence
from pathlib import Path


def fake_gpus(folder: Path, uuids: Sequence[str], status: int = 0) -> str:
    """Write an nvidia-smi that lists the UUIDs, and return the folder that holds it, for PATH."""
    folder.mkdir(exist_ok=True)
    program = folder / "nvidia-smi"
    lines = "".join(f"echo '{uuid}'\n" for uuid in uuids)
    program.write_text(
        f'#!/bin/sh\n[ "$*" = "--query-gpu=uuid --format=csv,noheader" ] || exit 2\n{lines}exit {status}\n'
    )
    program.chmod(0o755)
    return str(folder)
