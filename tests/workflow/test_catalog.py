"""What the catalog of Snakemake workflows (snakemake/snakemake-workflow-catalog) and snakedeploy look for.

The checks are those of the catalog's generator: a workflow that fails the first is left out, and one that fails the
others is listed without usage instructions, or as one that is badly linted or formatted.
"""

import subprocess
import sys

import yaml
from ner_pruning.study.config import check_as_written
from workflow_copy import ROOT, Workflow, copy_workflow


def test_the_workflow_is_found():
    assert {"snakemake", "workflow"} <= set(
        (ROOT / "README.md").read_text().lower().replace("[", " ").replace("]", " ").split()
    )
    assert (ROOT / "workflow/Snakefile").is_file()  # where there is a folder workflow/, no other is looked for
    assert {path.suffix for path in (ROOT / "workflow/rules").iterdir() if path.is_file()} == {".smk"}


def test_its_usage_is_described():
    settings = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    deployment = settings["usage"]["software-stack-deployment"]
    assert set(deployment) <= {"conda", "singularity", "singularity+conda"}
    assert [method for method, works in deployment.items() if works] == ["conda"]  # envs/study.yaml; no container
    assert settings["usage"]["report"] is True
    assert (ROOT / "config/README.md").read_text().startswith("# Configuration\n")


def test_what_snakedeploy_copies_is_there():
    """It writes an empty config, which no workflow can be run with, where there is none of this name."""
    text = (ROOT / "config/config.yaml").read_text()
    check_as_written(text, "config/config.yaml")
    assert yaml.safe_load(text) == {"study": "mine"}
    assert (ROOT / "profiles/default/config.yaml").is_file()


def test_the_examples_of_the_copied_config_are_right(workflow, tmp_path):
    """All that is commented out in it makes a study; only the folder of the data is not there."""
    lines = (ROOT / "config/config.yaml").read_text().splitlines()
    examples = [line[2:] for line in lines if line.startswith("# ") and line[2:].split(":")[0] in workflow_keys()]
    assert len(examples) == 5 and examples[0].startswith("data: ")
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("\n".join(["study: mine", *examples]))
    last = workflow.call("--dry-run", "--configfile", str(overlay)).stdout.splitlines()[-1]
    assert last.startswith("Error: /data/wikiann: ")
    overlay.write_text("\n".join(["study: mine", *examples[1:]]))
    runs = sorted(job for job in workflow.planned(str(overlay)) if job.startswith("finetune "))
    assert (
        len(runs) == 15 and runs[0] == "finetune multilingual dense 1"
    )  # 3 training sets, dense and 2 scopes of 50, 90


def workflow_keys() -> set[str]:
    return set(yaml.safe_load((ROOT / "config.yaml").read_text()))


def test_the_key_table_of_the_readme_names_keys_of_the_config():
    rows = [line for line in (ROOT / "config/README.md").read_text().splitlines() if line.startswith("| `")]
    named = {key.strip(" `") for row in rows for key in row.split("|")[1].split(",")}
    assert len(named) == 14 and named <= workflow_keys()


def test_lint_passes_as_the_catalog_calls_it(tmp_path):
    """Without an overlay, in the folder of the workflow."""
    done = copy_workflow(tmp_path / "workflow").call("--lint")
    assert done.returncode == 0, done.stdout
    other = Workflow(tmp_path / "workflow", ["--snakefile", "workflow/Snakefile"]).call("--lint")
    assert other.returncode == 0, other.stdout


def test_formatting_passes_as_the_catalog_calls_it():
    files = [ROOT / "workflow/Snakefile", *(ROOT / "workflow/rules").glob("*.smk"), ROOT / "Snakefile"]
    done = subprocess.run(
        [sys.executable, "-m", "snakefmt", "--check", "-v", *files], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
