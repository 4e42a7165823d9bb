"""A SLURM cluster of one node: this machine, for as long as a context lasts."""

import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

CONFIG = Path("/etc/slurm")  # compiled into Debian's packages; SLURM_CONF does not reach the jobs of the plugin
GPUS = ("/dev/null", "/dev/zero")
"""Stand for GPUs: SLURM hands out devices, whatever they are, and numbers them in CUDA_VISIBLE_DEVICES."""

SLURM_CONF = """\
# of the cluster of one node that tests/slurm starts
ClusterName=onebox
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=36000
GresTypes=gpu
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 CoresPerSocket=2 RealMemory=16000 Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""
MARK = SLURM_CONF.splitlines()[0]


def belongs_to_a_cluster(config: Path = CONFIG) -> bool:
    """Return whether a machine is configured for SLURM, and not by a run of these tests that was killed."""
    conf = config / "slurm.conf"
    return conf.exists() and not conf.read_text(encoding="utf-8").startswith(MARK)


def why_not() -> str | None:
    """Return why the cluster cannot be started on this machine, None where it can."""
    missing = [name for name in ("slurmctld", "slurmd", "munged") if shutil.which(name) is None]
    if missing:
        return f"{missing[0]} is not installed (Debian: slurm-wlm, munge)"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return "snakemake-executor-plugin-slurm is not installed (requirements-slurm.txt)"
    if os.geteuid() != 0:
        return "a cluster of one node is started as root"
    if belongs_to_a_cluster():
        return f"{CONFIG}/slurm.conf exists: this machine belongs to a cluster"
    return None


@contextmanager
def one_node_cluster(folder: Path) -> Iterator[None]:
    """Run munged, slurmctld and slurmd with two made-up GPUs; end them and remove what they wrote outside of `folder`.

    It looks every second whether a job takes more memory than it has asked for, and kills it: no cgroups are needed.

    folder: an empty one, for their state, keys and logs. Raises TimeoutError where the node does not come up.
    """
    for name in ("state", "spool", "log"):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(b"any key of at least 32 bytes is one" * 4)
    (folder / "munge.key").chmod(0o600)
    created = not CONFIG.exists()
    CONFIG.mkdir(exist_ok=True)
    files = {
        "slurm.conf": SLURM_CONF.format(folder=folder, gpus=len(GPUS)),
        "gres.conf": "".join(f"Name=gpu File={device}\n" for device in GPUS),
    }
    with ExitStack() as stack:
        if created:
            stack.callback(CONFIG.rmdir)
        for name, text in files.items():
            (CONFIG / name).write_text(text)
            stack.callback((CONFIG / name).unlink)
        munge = [f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "seed", "log")]
        munge += [f"--socket={folder}/munge.socket", "--force"]  # it warns of a key and socket outside of /etc and /run
        stack.enter_context(daemon(folder, "munged", "--foreground", *munge))
        stack.enter_context(daemon(folder, "slurmctld", "-D"))
        stack.enter_context(daemon(folder, "slurmd", "-D", "-N", "localhost"))
        wait_for(lambda: output("sinfo", "--noheader", "--format=%T").strip() == "idle", "the node to be idle")
        stack.callback(cancel_all)
        yield


def cancel_all() -> None:
    """Cancel all jobs and wait until none is left: their processes are not the daemons' children."""
    subprocess.run(["scancel", "--user=root"], check=True)
    wait_for(lambda: not output("squeue", "--noheader"), "the queue to be empty")


@contextmanager
def daemon(folder: Path, name: str, *arguments: str) -> Iterator[None]:
    """Run a daemon in the foreground of a process of its own; it ends with the context."""
    with (folder / "log" / f"{name}.txt").open("w") as log:
        process = subprocess.Popen([shutil.which(name), *arguments], stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def output(*command: str) -> str:
    """Return what a SLURM command prints, nothing while the controller does not answer."""
    return subprocess.run(command, capture_output=True, text=True).stdout


def wait_for(condition: Callable[[], bool], what: str, seconds: int = 60) -> None:
    """Return as soon as a condition holds; raise TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.5)
