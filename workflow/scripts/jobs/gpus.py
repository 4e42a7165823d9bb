"""One GPU per job on a machine with several: which GPUs there are, and which one a job claims.

This is outside the package, so that no change here makes a result stale: the choice of a GPU changes no result.
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Which GPUs CUDA shows to a process, by index or UUID; it is read once, when the process first uses CUDA."""

RETRY_SECONDS = 1
"""How often a job that found no free GPU looks again."""


def claim_gpu(device: str, jobs_per_gpu: int) -> None:
    """Have this process see one GPU alone, of those with the fewest jobs, and wait for one if all are taken.

    device: of the config. It is the process's own until it ends, by whatever end, or shared by `jobs_per_gpu` of them;
    those of other calls of Snakemake by the same user on the machine count too. CUDA must not be in use yet. Without a
    GPU that is visible, or on the device cpu, nothing changes.
    """
    gpus = visible_gpus(device)
    if not gpus:
        return
    folder = Path(tempfile.gettempdir(), f"compression-gpus-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    gpu = _take_slot(folder, gpus, jobs_per_gpu)
    if gpu is None:
        print(f"waits for a GPU: all slots are taken (GPUs: {len(gpus)}, jobs per GPU: {jobs_per_gpu})", flush=True)
    while gpu is None:
        time.sleep(RETRY_SECONDS)
        gpu = _take_slot(folder, gpus, jobs_per_gpu)
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # as nvidia-smi counts; by default CUDA's first one is the fastest
    os.environ[VISIBLE] = gpus[gpu]
    print(f"GPU: {gpu}", flush=True)


def gpu_slots(device: str, jobs_per_gpu: int) -> int:
    """Return how many jobs on a device of the config find a GPU at a time; 0 if there is none, or they need none."""
    return len(visible_gpus(device)) * jobs_per_gpu


def visible_gpus(device: str) -> dict[str, str]:
    """Return the UUID of each GPU that a process may use, by its name in CUDA_VISIBLE_DEVICES; none on the device cpu.

    Where that is not set, the UUIDs are the names.
    """
    return select_gpus(_installed_gpus(), os.environ.get(VISIBLE)) if device != "cpu" else {}


def select_gpus(installed: Mapping[str, Sequence[str]], visible: str | None) -> dict[str, str]:
    """Return the UUIDs of the GPUs that a value of CUDA_VISIBLE_DEVICES shows, by the names that it has for them.

    installed: the UUIDs of all GPUs, by index, with those of their parts where they are divided (MIG). None shows all,
    by their UUIDs. As CUDA does, it stops at the first name of no GPU, and the name of a divided one stands for its
    first part; a UUID may be cut short, and that of a part is used unchanged.
    """
    uuids = list(installed)
    if visible is None:
        return {uuid: uuid for gpu, parts in installed.items() for uuid in parts or [gpu]}
    gpus = {}
    for name in visible.split(",") if uuids else []:
        name = name.strip()
        if name.isdecimal():
            found = uuids[int(name) : int(name) + 1]
        elif name.startswith("MIG-"):
            found = [name]
        else:
            found = [uuid for uuid in uuids if name.startswith("GPU-") and uuid.startswith(name)]
        if len(found) != 1:
            break
        parts = installed.get(found[0])
        gpus[name] = parts[0] if parts else found[0]
    return gpus


def _installed_gpus() -> dict[str, list[str]]:
    """Return the UUIDs of the machine's NVIDIA GPUs by index, each with those of its parts, if it is divided (MIG).

    Their driver is asked, without starting CUDA.
    """
    if shutil.which("nvidia-smi") is None:
        return {}
    printed = subprocess.run(
        ["nvidia-smi", "-L"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    ).stdout
    gpus: dict[str, list[str]] = {}
    # without a driver or a GPU it prints a sentence, in whatever encoding
    parts: list[str] = []
    for uuid in re.findall(r"\(UUID: ((?:GPU|MIG)-\S+)\)", printed.decode("utf-8", "replace")):
        if uuid.startswith("GPU-"):
            parts = gpus[uuid] = []
        else:  # of the GPU before
            parts.append(uuid)
    return gpus


def _take_slot(folder: Path, gpus: Mapping[str, str], jobs_per_gpu: int) -> str | None:
    """Return the name of the GPU with the most free slots, the first of such, and keep one of them; None if none is.

    A slot is the lock of a file: it ends with this process.
    """
    with open(folder / "choosing", "wb") as choosing:
        fcntl.flock(choosing, fcntl.LOCK_EX)  # one process at a time, or each would see the other's tries as jobs
        free = {gpu: _lock_free(folder, uuid, jobs_per_gpu) for gpu, uuid in gpus.items()}
        chosen = max(free, key=lambda gpu: len(free[gpu]))
        taken = free[chosen].pop() if free[chosen] else None
        for descriptor in (descriptor for descriptors in free.values() for descriptor in descriptors):
            os.close(descriptor)
    return chosen if taken is not None else None


def _lock_free(folder: Path, uuid: str, jobs_per_gpu: int) -> list[int]:
    """Lock those slots of a GPU that no process holds, and return the descriptors of their files."""
    descriptors = []
    for slot in range(jobs_per_gpu):
        path = folder / f"{uuid.replace('/', '-')}.{slot}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            descriptors.append(descriptor)
        except BlockingIOError:
            os.close(descriptor)
    return descriptors
