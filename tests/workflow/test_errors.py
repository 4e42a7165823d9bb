"""What a user sees of bad input: one line, before any job runs or from the job that found it."""

import shutil

import pytest
import yaml


def overlay(folder, **changes) -> str:
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump(changes))
    return str(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": []}, "Error: config: seeds: [] is wrong: it must be a list of at least 1"),
        (
            {"encoder": {"source": "local", "folder": "/nowhere"}},
            "Error: /nowhere: no such folder; expected the folder of a model",
        ),
        ({"data": {"source": "local", "folder": "/nowhere"}}, "Error: /nowhere: no such folder; expected the data of "),
    ],
)
def test_before_any_job_runs(workflow, tmp_path, changes, message):
    done = workflow.call("--dry-run", "--configfile", "studies/tiny.yaml", overlay(tmp_path, **changes))
    assert done.returncode != 0
    assert [line for line in done.stdout.splitlines() if message in line]
    assert "Traceback" not in done.stdout


def test_an_export_of_no_run(workflow):
    done = workflow.call("export", "--dry-run", "--configfile", "studies/tiny.yaml")
    assert done.returncode != 0
    message = "Error: config: export: [] names no run; expected some, such as hi/dense/seed-1"
    assert done.stdout.splitlines()[-1] == message


def test_from_the_job_that_found_it(workflow, tmp_path):
    """A data file with a wrong tag ends with the line of the job, in the output and in its log."""
    data = tmp_path / "data"
    for code in ("hi", "mr"):
        (data / code).mkdir(parents=True)
        for split in ("train", "dev", "test"):
            (data / code / split).write_text(f"{code}:Ann\tB-PER\n{code}:ran\tO\n\n")
    (data / "hi" / "dev").write_text("hi:Ann\tb-per\n\n")
    changes = {"study": "wrong", "data": {"source": "local", "folder": str(data), "allow_other_sizes": True}}
    paths = ["studies/tiny.yaml", overlay(tmp_path, **changes)]
    done = workflow.call("data", "--cores", "1", "--configfile", *paths)
    assert done.returncode != 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Error: ")]
    assert "hi/dev" in line and "line 1" in line and "b-per" in line and "B-PER" in line
    assert line in (workflow.folder / "results/wrong/logs/split_data/hi/validation.log").read_text()
    assert not (workflow.folder / "results/wrong/data/hi/validation.parquet").exists()
    shutil.rmtree(workflow.folder / "results/wrong")
