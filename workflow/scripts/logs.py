"""What every script does with its log: a copy of all it prints, where SLURM ran it, one clear line for bad input."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from compression.files import InputError


class _Tee:
    """A text stream that writes to the terminal and to the log."""

    def __init__(self, terminal, log):
        self.terminal, self.log = terminal, log

    def write(self, text: str) -> int:
        self.log.write(text)
        return self.terminal.write(text)

    def flush(self) -> None:
        self.log.flush()
        self.terminal.flush()

    def isatty(self) -> bool:
        return self.terminal.isatty()

    def fileno(self) -> int:
        return self.terminal.fileno()


@contextmanager
def log_to(path: str) -> Iterator[None]:
    """Copy standard output and error to the file `path`; end the script with one line where the input is bad."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", buffering=1) as log:
        out, err = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Tee(out, log), _Tee(err, log)
        try:
            if "SLURM_JOB_ID" in os.environ:
                print(slurm_job(os.environ), flush=True)
            yield
        except InputError as error:
            print(f"Error: {error}", file=sys.stderr)
            sys.exit(1)
        except BaseException:
            import traceback

            log.write(traceback.format_exc())
            raise
        finally:
            sys.stdout, sys.stderr = out, err


def slurm_job(environment: Mapping[str, str]) -> str:
    """Return the number, node and GPUs of a job of SLURM as one line; environment: of a process of the job."""
    node = environment.get("SLURMD_NODENAME", "unknown node")
    return f"SLURM job {environment['SLURM_JOB_ID']} on {node}, GPUs: {environment.get('CUDA_VISIBLE_DEVICES', 'none')}"
