"""The documented commands with the profile for SLURM, planned with its plugin: no cluster is needed for that."""

import importlib.util
import re
import shlex

import pytest
from cluster import SLURM_CONF, belongs_to_a_cluster
from documented_commands import DOCUMENTS, documented_commands
from workflow_copy import copy_workflow

PLUGIN = importlib.util.find_spec("snakemake_executor_plugin_slurm")

needs_plugin = pytest.mark.skipif(
    PLUGIN is None, reason="snakemake-executor-plugin-slurm is not installed (requirements-slurm.txt)"
)


def test_the_config_that_a_killed_test_left_is_no_cluster(tmp_path):
    """Else all tests on SLURM would be skipped from then on."""
    assert not belongs_to_a_cluster(tmp_path)
    (tmp_path / "slurm.conf").write_text(SLURM_CONF, encoding="utf-8")
    assert not belongs_to_a_cluster(tmp_path)
    (tmp_path / "slurm.conf").write_text("ClusterName=lab\n", encoding="utf-8")
    assert belongs_to_a_cluster(tmp_path)


@needs_plugin
@pytest.mark.slurm
def test_documented_calls_can_be_planned_with_the_plugin(tmp_path):
    """Of the tiny study; tests/workflow/test_documented_commands.py plans them without what is of the plugin."""
    lines = {
        line for command in documented_commands() for line in command.text.splitlines() if "profiles/slurm" in line
    }
    calls = [shlex.split(line, comments=True)[1:] for line in sorted(lines)]
    calls = [[re.sub("studies/mine.yaml", "studies/tiny.yaml", argument) for argument in call] for call in calls]
    calls = [call for call in calls if "--unlock" not in call]  # which starts no plugin
    assert len(calls) >= 4
    spans = [span for path in DOCUMENTS for span in re.findall(r"`(--slurm-[^`]+)`", path.read_text(encoding="utf-8"))]
    assert len(spans) >= 2
    calls += [["--workflow-profile", "profiles/slurm", *span.split()] for span in spans]
    rows = [
        ("snakemake", [*call, *([] if "--configfile" in call else ["--configfile", "studies/tiny.yaml"])], {})
        for call in calls
    ]
    results = copy_workflow(tmp_path).dry_runs(rows)
    failed = [f"{call}: {printed}" for call, (status, printed) in zip(calls, results, strict=True) if status]
    assert failed == []


@needs_plugin
@pytest.mark.slurm
def test_arrays_are_refused_before_a_job_is_submitted(tmp_path):
    workflow = copy_workflow(tmp_path)
    profile = ["--workflow-profile", "profiles/slurm", "--configfile", "studies/tiny.yaml"]
    done = workflow.call("--slurm-array-jobs", "finetune", *profile)
    assert done.returncode == 1
    assert "Error: slurm-array-jobs: " in done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "results/tiny/data").exists()
