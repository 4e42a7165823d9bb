"""What jobs ask a cluster for, and that it neither makes results stale nor holds up a local run."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from ner_pruning.study.config import make_floats
from ner_pruning.study.job_resources import settings_digests
from ner_pruning.terms import Run
from snakemake.utils import update_config

ROOT = Path(__file__).parents[2]
TINY = "studies/tiny.yaml"
ASKED = re.compile(r"^rule (\w+):\n(?:    .*\n)*?    resources: (.*)$", re.MULTILINE)


def asked(workflow, *arguments: str) -> dict[str, list[dict[str, str]]]:
    """Return by rule the resources of the jobs, local rules left out, that a dry run shows."""
    done = workflow.call("--dry-run", *arguments)
    assert done.returncode == 0, done.stdout
    jobs: dict[str, list[dict[str, str]]] = {}
    for rule, resources in ASKED.findall(done.stdout):
        jobs.setdefault(rule, []).append(dict(pair.split("=", 1) for pair in resources.split(", ")))
    return jobs


def keys(resources, *names):
    return [tuple(job.get(name) for name in names) for job in resources]


def test_runs_of_the_papers_study_ask_by_size_and_variant(workflow):
    jobs = asked(workflow)
    minutes = Counter(job["runtime"] for job in jobs["finetune"])
    # 13 variants of 3 seeds: 2 languages of 100 sentences, 2 of 1,000, 2 of 5,000, 2 of 10,000, en and zh, multilingual
    assert minutes == {
        "11": 78,  # 780 steps of 0.045 s
        "16": 78,  # 7,500
        "25": 78,  # 18,780
        "39": 78,  # 37,500
        "67": 78,  # 75,000
        "1637": 39,  # 2,168,640
    }
    assert Counter(keys(jobs["finetune"], "mem_mb", "gpu")) == {
        ("3450", "1"): 30,
        ("4800", "1"): 360,
        ("5100", "1"): 3,
        ("6450", "1"): 36,
    }
    assert set(keys(jobs["predict"], "mem_mb", "gpu")) == {("3450", "1")}


def test_runs_ask_for_what_a_plan_on_a_gpu_expects(workflow):
    plan = workflow.folder / "results/tiny/plan.json"
    plan.parent.mkdir(parents=True, exist_ok=True)
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, yaml.safe_load((ROOT / TINY).read_text()))
    make_floats(config, yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text()))
    run = Run("hi", "dense", 1)
    row = {**run._asdict(), "finetune_seconds": 6000.0, "predict_seconds": 600.0}
    for settings, minutes in ((settings_digests(config)["hi"], ["160", "25"]), ("of other settings", ["11", "11"])):
        plan.write_text(json.dumps({"gpus_per_run": 1, "runs": [row | {"settings": settings}]}))
        try:
            jobs = asked(workflow, "--configfile", TINY)
        finally:
            plan.unlink()
        for rule, expected in zip(("finetune", "predict"), minutes, strict=True):
            assert sorted(job["runtime"] for job in jobs[rule]) == ["11", expected]


def test_a_study_on_the_cpu_asks_for_no_gpu_and_more_time(workflow, tmp_path):
    overlay = yaml.safe_load((ROOT / TINY).read_text())
    overlay["finetuning"] |= {"device": "cpu", "epochs": 200}  # 600 steps of 2.1 s
    (tmp_path / "cpu.yaml").write_text(yaml.safe_dump(overlay))
    jobs = asked(workflow, "--configfile", str(tmp_path / "cpu.yaml"))
    assert set(keys(jobs["finetune"], "runtime", "gpu")) == {("31", "0")}
    assert set(keys(jobs["predict"], "gpu")) == {("0",)}


def test_other_resources_make_nothing_stale(finished):
    changes = ["finetune:runtime=7", "finetune:mem_mb=1", "finetune:gpu=0", "predict:gpu=4", "score:mem_mb=1"]
    assert finished.planned(TINY, "--set-resources", *changes) == Counter()
    assert finished.planned(TINY, "--default-resources", "runtime=7", "mem_mb=1") == Counter()


def test_results_without_these_resources_are_not_stale(finished):
    """They were made before the rules asked for any: the rules are stripped of them, and nothing would run."""
    for name in ("finetune", "evaluate"):
        path = finished.folder / f"workflow/rules/{name}.smk"
        original = path.read_text()
        stripped = re.sub(r"    resources:\n(?:        .*\n)+", "", original)
        assert stripped != original
        path.write_text(stripped)
        try:
            assert finished.planned(TINY) == Counter()
        finally:
            path.write_text(original)


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_every_profile_has_the_same_triggers(profile):
    lines = yaml.safe_load((ROOT / f"profiles/{profile}/config.yaml").read_text())
    assert lines["rerun-triggers"] == ["mtime", "input", "params"]
    assert lines["max-checksum-file-size"] >= 10**12
    assert lines["rerun-incomplete"] is True


def test_runs_start_side_by_side_locally_whatever_they_ask_for(workflow, tmp_path):
    """On a machine without GPU or much memory: nothing but --cores limits a local run."""
    done = workflow.run(
        TINY, "models", "--set-resources", "finetune:gpu=64", "finetune:mem_mb=100000000", "finetune:runtime=1"
    )
    starts = [match.start() for match in re.finditer(r"^localrule finetune:", done, re.MULTILINE)]
    assert len(starts) == 2
    assert "Finished jobid" not in done[starts[0] : starts[1]]
