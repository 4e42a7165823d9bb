import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jobs.logs import is_out_of_memory, log_to, slurm_job
from ner_pruning.files import InputError, atomic_path, write_json
from safetensors import SafetensorError


@pytest.fixture
def log(tmp_path):
    return tmp_path / "logs" / "rule.log"


def test_a_log_outside_of_slurm_holds_what_is_printed(log, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with log_to(str(log)):
        print("en: 3 sentences")
    assert log.read_text() == "en: 3 sentences\n"


def test_lines_of_a_job_with_a_title_say_at_the_terminal_whose_they_are(log, monkeypatch, capsys):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with log_to(str(log), title="finetune yo/dense/seed-1"):
        print("step 1 of 2", "loss 1.5", sep=", ")
        print("step 2", end="")
        print(" of 2\n\nstored")
        print("a warning", file=sys.stderr)
    shown = capsys.readouterr()
    name = "finetune yo/dense/seed-1: "
    assert shown.out == f"{name}step 1 of 2, loss 1.5\n{name}step 2 of 2\n{name}\n{name}stored\n"
    assert shown.err == "a warning\n"  # an error's line begins with "Error: "
    assert log.read_text() == "step 1 of 2, loss 1.5\nstep 2 of 2\n\nstored\na warning\n"


def test_a_log_of_a_slurm_job_begins_with_the_job_its_node_and_gpus(log, monkeypatch):
    for name, value in {"SLURM_JOB_ID": "17", "SLURMD_NODENAME": "node3", "CUDA_VISIBLE_DEVICES": "1"}.items():
        monkeypatch.setenv(name, value)
    with log_to(str(log)):
        print("en: 3 sentences")
    assert log.read_text() == "SLURM job 17 on node3, GPUs: 1\nen: 3 sentences\n"


def test_a_slurm_job_without_a_gpu_says_so():
    assert slurm_job({"SLURM_JOB_ID": "17", "SLURMD_NODENAME": "node3"}) == "SLURM job 17 on node3, GPUs: none"


def test_bad_input_is_one_line_in_the_log(log, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(SystemExit), log_to(str(log)):
        raise InputError("en: no file")
    assert log.read_text() == "Error: en: no file\n"


def test_ctrl_c_is_one_line_in_the_log(log):
    with pytest.raises(SystemExit) as stopped, log_to(str(log)):
        raise KeyboardInterrupt
    assert stopped.value.code == 130
    assert log.read_text() == "Error: stopped by SIGINT\n"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", "hi: \\u0906\\u092e \\u2212 \\xe9 \\udcff \\ud800\n"),
        ("iso8859-1", "hi: \\u0906\\u092e \\u2212 \xe9 \\udcff \\ud800\n"),
        ("utf-8", "hi: आम − é \\udcff \\ud800\n"),
    ],
)
def test_a_terminal_shows_what_its_encoding_has_and_the_log_is_utf8(log, monkeypatch, encoding, shown):
    """\\udcff is a byte of a file name that is no text, \\ud800 half of a character."""
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    with log_to(str(log)):
        print("hi: आम − é \udcff \ud800")
    terminal.flush()
    assert terminal.buffer.getvalue().decode(encoding) == shown
    assert log.read_bytes() == "hi: आम − é \\udcff \\ud800\n".encode()


def test_a_file_name_that_is_no_text_has_its_bytes_in_the_log(log, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(SystemExit), log_to(str(log)):
        raise InputError(f"{os.fsdecode(b'data-' + bytes([255]))}: no such folder")
    assert log.read_bytes() == b"Error: data-\xff: no such folder\n"


def test_an_error_of_the_code_is_a_traceback_in_the_log(log):
    with pytest.raises(KeyError), log_to(str(log)):
        raise KeyError("place")
    assert log.read_text().startswith("Traceback") and log.read_text().endswith("KeyError: 'place'\n")


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        OSError("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device"),  # Arrow's
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
    ids=["python", "arrow", "rust"],
)
def test_a_full_disk_is_one_line_that_names_the_file(log, tmp_path, error):
    with pytest.raises(SystemExit), log_to(str(log)), atomic_path(tmp_path / "weights") as beside:
        beside.write_text("half")
        raise error
    assert log.read_text() == f"Error: {tmp_path}/weights: No space left on device\n"
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_a_log_on_a_full_disk_ends_nothing(tmp_path, capsys):
    (tmp_path / "log").symlink_to("/dev/full")
    with log_to(str(tmp_path / "log")):
        print("en: 3 sentences")
        write_json(tmp_path / "result.json", 1)
    assert capsys.readouterr().out == "en: 3 sentences\n"
    assert (tmp_path / "result.json").exists()


ALLOCATIONS = {
    "python": "bytearray(10**9)",
    "numpy": "__import__('numpy').zeros(10**9)",
    "arrow": "__import__('pyarrow').allocate_buffer(10**9)",
    "torch": "__import__('torch').ones(10**9)",
}
CHILD = """
import resource, sys
sys.path[:0] = {paths}
import numpy, pyarrow, torch
from jobs.logs import log_to
with log_to(sys.argv[1]):
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 10**8,) * 2)
    {allocation}
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited as Linux does it")
@pytest.mark.parametrize("name", ALLOCATIONS)
def test_too_little_memory_is_one_line(log, name):
    code = CHILD.format(paths=[path for path in sys.path if path], allocation=ALLOCATIONS[name])
    environment = {key: value for key, value in os.environ.items() if key != "SLURM_JOB_ID"}
    done = subprocess.run([sys.executable, "-c", code, str(log)], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: out of memory: ") and line.endswith("; expected more memory, or a higher limit")
    assert log.read_text() == line + "\n"


def test_what_a_job_imports_is_not_collected_meanwhile_nor_later(log):
    """With transformers that would take half a second of the start, and one at the end of each job."""
    code = "import gc, sys; sys.path[:0] = {paths}; {name}from jobs.logs import log_to; print(gc.isenabled())\n"
    code += "with log_to(sys.argv[1]): print(gc.isenabled(), gc.get_freeze_count() > 1000)"
    printed = {}
    for name in ("", "snakemake = None; "):  # snakemake puts an object of this name into the scripts of its jobs
        text = code.format(paths=[path for path in sys.path if path], name=name)
        done = subprocess.run([sys.executable, "-c", text, str(log)], capture_output=True, text=True, check=True)
        printed[name] = done.stdout.split()
    assert printed == {"": ["True", "True", "False"], "snakemake = None; ": ["False", "True", "True"]}


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
    ],
)
def test_a_full_gpu_is_out_of_memory_however_torch_says_it(words):
    assert is_out_of_memory(RuntimeError(words))
    assert not is_out_of_memory(RuntimeError("CUDA error: an illegal memory access was encountered"))


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: all CUDA-capable devices are busy or unavailable",
        "CUDA error: no kernel image is available for execution on the device",
    ],
)
def test_a_gpu_that_cannot_be_used_is_one_line(log, monkeypatch, words):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(SystemExit), log_to(str(log)):
        raise RuntimeError(f"{words}\nCUDA kernel errors might be asynchronously reported")
    assert log.read_text() == f"Error: the GPU cannot be used: {words}\n"
