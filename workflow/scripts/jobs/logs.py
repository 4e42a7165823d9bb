"""The log of a script: a copy of everything it prints, its SLURM job, and one clear line if it ends with an error."""

import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from ner_pruning.files import InputError, system_error

from jobs import is_job

PR_SET_PDEATHSIG = 1
"""Of Linux's prctl: the signal that a process gets when the one that started it has ended."""


class _Tee:
    """A text stream that writes to the terminal and, as UTF-8, to the log, whatever the encoding of the terminal.

    prefix: what each line begins with at the terminal, and not in the log.
    """

    def __init__(self, terminal, log, prefix: str = ""):
        self.terminal, self.log, self.prefix = terminal, log, prefix
        self.begins_line = True  # what is written next

    def write(self, text: str) -> int:
        with suppress(OSError):  # the terminal has it too, and a full disk stops the script where it stores a result
            self.log.write(utf8(text))
        if text and self.prefix:
            inner, last = text[:-1].replace("\n", f"\n{self.prefix}"), text[-1]
            text = f"{self.prefix if self.begins_line else ''}{inner}{last}"
            self.begins_line = last == "\n"
        try:
            return self.terminal.write(text)
        except UnicodeEncodeError:
            encoding = self.terminal.encoding
            return self.terminal.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def flush(self) -> None:
        self.terminal.flush()

    def isatty(self) -> bool:
        return self.terminal.isatty()

    def fileno(self) -> int:
        return self.terminal.fileno()


@contextmanager
def log_to(path: str, title: str = "") -> Iterator[None]:
    """Copy standard output and error to the file `path`, and end the script with one line where that can tell what is
    wrong: the input, the disk, too little memory, a signal. A traceback of what ends it otherwise is in the log too.

    title: of the job, if its lines are to say at the terminal whose they are, where several jobs print at a time.
    """
    if is_job():
        end_with_snakemake()
        gc.freeze()  # no collection of what was imported, which frees nothing: with transformers a second at the end
        gc.enable()  # jobs/__init__.py
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        log = open(path, "wb", buffering=0)  # noqa: SIM115  # unbuffered: no rest to fail when it is closed
    except OSError as error:
        sys.exit(f"Error: {path}: {error.strerror}")
    with log:
        out, err = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Tee(out, log, f"{title}: " if title else ""), _Tee(err, log)
        try:
            if "SLURM_JOB_ID" in os.environ:
                print(slurm_job(os.environ), flush=True)
            yield
        except SystemExit:
            raise
        except BaseException as error:
            reason = clear_reason(error)
            if reason is None:
                import traceback

                with suppress(OSError):
                    log.write(utf8(traceback.format_exc()))
                raise
            print(f"Error: {reason}", file=sys.stderr)
            sys.exit(128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1)
        finally:
            sys.stdout, sys.stderr = out, err


def utf8(text: str) -> bytes:
    """Return a text as UTF-8. Bytes of a file name that Python could not read as text are those of the name again."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def write_utf8(handlers: Iterable[logging.Handler]) -> None:
    """Have those of Snakemake's handlers that write to a file write UTF-8, which they open as the locale says."""
    for handler in handlers:
        if isinstance(handler, logging.FileHandler) and handler.stream is not None:
            handler.stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def clear_reason(error: BaseException) -> str | None:
    """Return one line for an error of the input, the machine or the user, None for one that is the code's."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "stopped by SIGINT"
    if is_out_of_memory(error):
        return f"out of memory: {' '.join(str(error).split())}; expected more memory, or a higher limit"
    if isinstance(error, RuntimeError) and any(words in str(error) for words in OF_GPU):
        return f"the GPU cannot be used: {str(error).splitlines()[0]}"
    number = system_error(error)
    if number is not None:
        return f"{getattr(error, 'filename', None) or error}: {os.strerror(number)}"
    return None


OUT_OF_MEMORY = ("allocate memory", "bad_alloc", "CUDA error: out of memory")
OUT_OF_MEMORY += ("CUBLAS_STATUS_ALLOC_FAILED", "CUBLAS_STATUS_NOT_INITIALIZED")  # of its workspace
"""What torch says when memory has run out, without an error of its own for it."""

OF_GPU = ("busy or unavailable", "no kernel image is available")
"""What CUDA says of a GPU that others hold (exclusive mode), or that is of another generation than PyTorch has."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether memory ran out: Python's and Arrow's MemoryError, and what torch raises on a GPU and without."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and (type(error).__name__ == "OutOfMemoryError" or any(words in str(error) for words in OUT_OF_MEMORY))
    )


def end_with_snakemake() -> None:
    """Have this process get SIGTERM when snakemake ends, even by SIGKILL: else the next one would run the job twice.

    Only on Linux, and where nothing stands between the two, as the shell of a conda environment may.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getpgid(os.getppid()) != os.getpgrp():  # snakemake had ended before: whoever adopted this is of another group
        sys.exit("Error: snakemake has ended")


def slurm_job(environment: Mapping[str, str]) -> str:
    """Return the number, node and GPUs of a job of SLURM as one line; environment: of a process of the job."""
    node = environment.get("SLURMD_NODENAME", "unknown node")
    return f"SLURM job {environment['SLURM_JOB_ID']} on {node}, GPUs: {environment.get('CUDA_VISIBLE_DEVICES', 'none')}"
