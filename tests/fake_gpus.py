"""GPUs that a machine has not: a program that answers as their driver does."""

from collections.abc import Sequence
from pathlib import Path


def fake_gpus(folder: Path, uuids: Sequence[str], status: int = 0) -> str:
    """Write an nvidia-smi that lists the UUIDs of GPUs, and of parts of the one before, or what else is given.

    Returns the folder that holds it, for PATH.
    """
    folder.mkdir(exist_ok=True)
    program = folder / "nvidia-smi"
    lines, number = [], -1
    for uuid in uuids:
        number += uuid.startswith("GPU-")
        whole, part = (
            f"GPU {number}: NVIDIA A100-SXM4-40GB (UUID: {uuid})",
            f"  MIG 3g.20gb     Device  0: (UUID: {uuid})",
        )
        lines.append({"GPU-": whole, "MIG-": part}.get(uuid[:4], uuid))
    listing = "".join(f"echo '{line}'\n" for line in lines)
    program.write_text(f'#!/bin/sh\n[ "$*" = "-L" ] || exit 2\n{listing}exit {status}\n')
    program.chmod(0o755)
    return str(folder)
