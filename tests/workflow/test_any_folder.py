"""Checkouts, data and encoders in folders with odd names, and calls from other folders than the workflow's own."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hub_layout import write_hub_files
from ner_pruning.data.synthetic import generate
from odd_names import DATA, ENCODER, REFERENCE
from workflow_copy import ROOT, Workflow, copy_workflow

TINY = "studies/tiny.yaml"
SIZES = {"train": 24, "validation": 8, "test": 12}


def write_local_study(folder: Path, encoder: Path) -> dict:
    """Write data, encoder and reference under odd names to a folder; return the overlay that names them from there."""
    for code in ("hi", "mr"):
        write_hub_files(folder / DATA / code, generate(code, SIZES, 0))
    shutil.copytree(encoder, folder / ENCODER)
    (folder / REFERENCE).write_text("language,f1\nhi,0.8\n")
    return {
        "data": {"source": "local", "folder": DATA, "allow_other_sizes": True},
        "encoder": {"source": "local", "folder": ENCODER},
        "reference": REFERENCE,
    }


@pytest.mark.parametrize("character", ":{}")
def test_make_refuses_what_no_environment_or_workflow_can_have_before_it_makes_any(tmp_path, character):
    folder = tmp_path / f"a{character}b"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, folder)
    before = sorted(folder.iterdir())
    for target in ("demo", "report", "test"):
        done = Workflow(folder).make(target)
        line = f"Error: {folder}: the folder has {character} in its name; expected one without : {{ }}"
        assert done.returncode != 0 and line in done.stdout.splitlines(), done.stdout
        assert sorted(folder.iterdir()) == before


def test_snakemake_refuses_braces_in_the_name_of_the_workflows_folder(tmp_path):
    workflow = copy_workflow(tmp_path / "a {b}")
    done = workflow.call("--dry-run", "--configfile", TINY)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == (
        f"Error: {workflow.folder}: the folder of the workflow has {{ in its name, which Snakemake reads as a "
        "wildcard; expected a name without it"
    )


@pytest.mark.parametrize("name", ["data {language}", "data <results>"])
def test_names_that_snakemake_would_fill_in_are_refused(workflow, finished, tmp_path, name):
    """With a wildcard or a path variable in it the path would be that of another file."""
    overlay = yaml.safe_load((ROOT / TINY).read_text())
    overlay |= write_local_study(tmp_path, finished.folder / "results/tiny/encoder")
    part = name.removeprefix("data ")[: 1 if "{" in name else None]
    for key in ("data", "encoder"):
        changed = {key: overlay[key] | {"folder": str(tmp_path / name)}}
        (tmp_path / overlay[key]["folder"]).rename(tmp_path / name)
        (tmp_path / "overlay.yaml").write_text(yaml.safe_dump(overlay | changed))
        there = Workflow(tmp_path, ["--snakefile", str(workflow.folder / "Snakefile")])
        done = there.call("--dry-run", "--configfile", "overlay.yaml")
        (tmp_path / name).rename(tmp_path / overlay[key]["folder"])
        last = done.stdout.splitlines()[-1]
        assert done.returncode == 1 and last.startswith(f"Error: {tmp_path / name}/"), done.stdout
        assert f": a file of `{key}: folder` has {part} in its name, which Snakemake would fill in" in last


def files_in(folder: Path) -> dict[str, int]:
    """Return when each file and folder in a folder was changed."""
    return {str(path): path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Workflow:
    """A folder in which the tiny study has run by a checkout that is shared; called from a third folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shared = copy_workflow(folder / "shared").folder
    before = files_in(shared)
    (folder / "here/studies").mkdir(parents=True)
    shutil.copy(ROOT / TINY, folder / "here/studies/mine.yaml")
    options = ["--snakefile", str(shared / "Snakefile"), "--directory", str(folder / "results")]
    activated = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    here = Workflow(folder / "here", options, environment=activated)
    with_bytecode = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "snakemake", *here.options, "--cores", "2", "--configfile", "studies/mine.yaml"]
    for targets in ([], ["publish", "results/tiny/export/hi/dense/seed-1"]):
        call = [*command[:3], *targets, *command[3:]]
        done = subprocess.run(call, cwd=here.folder, env=with_bytecode, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert files_in(shared) == before
    return here


def test_a_shared_checkout_writes_to_the_working_directory_alone(elsewhere):
    folder = elsewhere.folder.parent
    assert sorted(path.name for path in (folder / "results").iterdir()) == [".snakemake", "docs", "results"]
    assert [path.name for path in elsewhere.folder.rglob("*")] == ["studies", "mine.yaml"]
    output = elsewhere.run("studies/mine.yaml", "--forcerun", "study_config")
    assert f"    claims     {folder}/results/results/tiny/claims.md" in output
    command = [
        "snakemake --report report.html",
        f"--snakefile {folder}/shared/Snakefile --directory {folder}/results",
        f"--configfile {folder}/here/studies/mine.yaml",
    ]
    assert f"    {' '.join(command)}" in output.splitlines()


def test_the_same_results_are_fresh_from_any_folder_and_checkout(elsewhere, finished, tmp_path):
    folder = elsewhere.folder.parent
    assert elsewhere.planned("studies/mine.yaml") == Counter()
    inside = Workflow(folder / "results", ["--snakefile", "../shared/Snakefile"])
    assert inside.planned("../here/studies/mine.yaml") == Counter()

    moved = tmp_path / "deeper/and/deeper"  # than where the results were made, for a name from here to the checkout
    moved.mkdir(parents=True)
    for part in ("results", ".snakemake"):
        shutil.copytree(folder / "results" / part, moved / part)
    there = Workflow(moved, ["--snakefile", str(folder / "shared/Snakefile")])
    assert there.planned(str(folder / "here/studies/mine.yaml")) == Counter()

    at_home = tmp_path / "at home"  # results that were made in the checkout, and now by it from another folder
    at_home.mkdir()
    for part in ("results", ".snakemake"):
        shutil.copytree(finished.folder / part, at_home / part)
    there = Workflow(at_home, ["--snakefile", str(finished.folder / "Snakefile")])
    assert there.planned(str(finished.folder / TINY)) == Counter()


def test_a_config_of_the_working_directory_is_laid_on_the_workflows_own(workflow, tmp_path):
    """As in any workflow it is taken without being named; overlays are laid on both, and keys are checked in all."""
    there = Workflow(tmp_path, ["--snakefile", str(workflow.folder / "Snakefile")])
    config = yaml.safe_load((ROOT / TINY).read_text())
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    jobs = there.planned()
    assert jobs == workflow.planned(TINY) and jobs["finetune hi full-50 1"] == 1
    (tmp_path / "overlay.yaml").write_text("pruning: {sparsities: [90]}\n")
    assert there.planned("overlay.yaml")["finetune hi full-90 1"] == 1

    with open(tmp_path / "config.yaml", "a") as file:
        file.write("seeds: [2]\n")
    done = there.call("--dry-run")
    assert done.returncode == 1
    assert "Error: config.yaml: line " in done.stdout.splitlines()[-1] and "'seeds' is in" in done.stdout


def test_paths_of_the_config_are_from_the_working_directory(workflow, finished, tmp_path):
    overlay = yaml.safe_load((ROOT / TINY).read_text())
    (tmp_path / "there").mkdir()
    overlay |= write_local_study(tmp_path / "there", finished.folder / "results/tiny/encoder")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies/mine.yaml").write_text(yaml.safe_dump(overlay))
    snakefile = ["--snakefile", str(workflow.folder / "Snakefile")]
    here = Workflow(tmp_path, [*snakefile, "--directory", "there"])
    assert here.planned("studies/mine.yaml")["finetune hi dense 1"] == 1

    done = Workflow(tmp_path, snakefile).call("--dry-run", "--configfile", "studies/mine.yaml")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith(f"Error: {overlay['data']['folder']}: ")
