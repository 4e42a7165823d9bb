"""`snakemake plan` before, and what it says of its own error after a study has run."""

import json

import pandas as pd


def test_a_plan_is_checked_by_the_study_that_follows(finished):
    output = finished.run("studies/tiny.yaml", "plan")
    results = finished.folder / "results/tiny"
    try:
        assert "study tiny: 2 runs (0 to train)" in output
        plan = json.loads((results / "plan.json").read_text())
        assert (plan["jobs_left"], plan["runs_left"], plan["hours_left"]["clock"]) == (0, 0, 0)
        assert plan["jobs"] == sum(finished.planned("studies/tiny.yaml", "--forceall").values()) - 1  # the check itself
        assert plan["hours"]["clock"] > 0
        assert finished.planned("studies/tiny.yaml") == {"planned_and_measured": 1}
        finished.run("studies/tiny.yaml")
        table = pd.read_csv(results / "tables/plan.csv").set_index("measure")
        assert table["runs"].tolist() == [2] * 4
        assert table.loc["optimiser steps", "error"] == 0
        assert abs(table.loc["MB of weights and predictions", "error"]) < 0.3
        assert table.loc["hours of fine-tuning", "measured"] > 0
        assert finished.planned("studies/tiny.yaml") == {}
    finally:
        for path in (results / "plan.json", *results.glob("tables/plan.*")):
            path.unlink(missing_ok=True)


def test_a_plan_comes_before_any_training(workflow):
    jobs = workflow.planned("studies/tiny.yaml", "plan")
    assert jobs["plan"] == 1
    assert not any(job.startswith(("finetune", "predict")) for job in jobs)
