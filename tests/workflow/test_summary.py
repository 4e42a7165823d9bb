"""What a call of Snakemake ends with: where the results lie, or which jobs failed, why, and how to go on."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

TINY = "studies/tiny.yaml"


SNAKEMAKE = str(Path(sys.executable).with_name("snakemake"))
"""What starts it where its folder is not in PATH, as in the tests."""


def pasted(workflow, line: str) -> subprocess.CompletedProcess:
    """Have a shell do a line that Snakemake has printed."""
    return subprocess.run(["bash", "-c", line], cwd=workflow.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def end_of(output: str) -> list[str]:
    """Return the lines of the summary, up to what Snakemake prints last."""
    return output.partition("\nStudy ")[2].partition("\nComplete log")[0].splitlines()


def test_a_study_that_is_done(finished):
    output = finished.run(TINY, "--forcerun", "study_config")
    title, *lines = end_of(output)
    assert re.fullmatch(r"tiny: 2 jobs in \d+ s\.", title)
    assert [line.split() for line in lines if line] == [
        ["The", "study", "is", "complete,", "with", "2", "runs:"],
        ["claims", "results/tiny/claims.md"],
        ["diagnosis", "results/tiny/diagnosis.md"],
        ["tables", "results/tiny/tables"],
        ["figures", "results/tiny/figures"],
        ["scores", "results/tiny/scores.csv"],
        ["To", "put", "all", "results", "on", "one", "page:"],
        [SNAKEMAKE, "--report", "report.html", "--configfile", TINY],
    ]
    assert pasted(finished, lines[-1]).returncode == 0
    finished.folder.joinpath("report.html").unlink()
    for name in ("claims.md", "diagnosis.md", "tables", "figures", "scores.csv"):
        assert (finished.folder / "results/tiny" / name).exists(), name


def write_language(folder, code, tag="B-PER"):
    """Write the splits of a language, of which the training sentences have a tag."""
    (folder / code).mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev", "test"):
        of_split = tag if split == "train" else "B-PER"
        (folder / code / split).write_text(f"{code}:Ann\t{of_split}\n\n", encoding="utf-8")


def test_a_study_whose_jobs_fail(workflow, tmp_path):
    """Two files have a wrong tag: each job has its log's last line, and the rest of the study was done.

    The command at the end goes on when it is pasted, though a folder and a value of the config need quotes.
    """
    folder = tmp_path / "Ann's data"
    for code in ("hi", "mr", "bg"):
        write_language(folder, code, tag="B-PER" if code == "bg" else "b-per")
    overlay = tmp_path / "failing study.yaml"
    overlay.write_text(yaml.safe_dump({"study": "failing", "languages": ["hi", "mr", "bg"]}), encoding="utf-8")
    data = f'data={{source: local, folder: "{folder}", allow_other_sizes: true}}'
    call = ["data", "--keep-going", "--cores", "2", "--configfile", TINY, str(overlay), "--config", data]
    done = workflow.call(*call)
    assert done.returncode != 0
    title, *lines = end_of(done.stdout)
    assert re.fullmatch(r"failing: 2 of 9 jobs failed, after \d+ s\.", title)
    assert {"  split_data language=hi split=train", "  split_data language=mr split=train"} <= set(lines)
    for code in ("hi", "mr"):
        place = lines.index(f"    results/failing/logs/split_data/{code}/train.log")
        assert re.match(rf"      \| Error: .*{code}/train: line 1: .*b-per", lines[place + 1])
    (command,) = [line for line in lines if line.startswith(f"    {SNAKEMAKE} ")]
    assert shlex.split(command) == [SNAKEMAKE, *call]
    assert (workflow.folder / "results/failing/data/bg/test.parquet").exists()
    assert "\nStudy " not in workflow.call("--dry-run", *call).stdout
    for code in ("hi", "mr"):
        write_language(folder, code)
    again = pasted(workflow, command)
    assert again.returncode == 0, again.stdout
    assert (workflow.folder / "results/failing/data/hi/test.parquet").exists()
