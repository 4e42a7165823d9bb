"""What the paper's study and the studies of the folder plan to do, without doing it."""

from collections import Counter


def rules(planned: Counter) -> Counter:
    return Counter(job.split()[0] for job in planned.elements())


def test_the_papers_study(workflow):
    planned = workflow.planned()
    counts = rules(planned)
    # (10 monolingual + 1 multilingual) training sets × 13 variants × 3 seeds
    assert counts["finetune"] == counts["predict"] == counts["score"] == 429
    assert counts["language_data"] == 40
    assert sum(counts.values()) == 1669  # a dry run of 69,000, one for each language and test set, took 92 s
    assert sum(job.startswith("finetune multilingual dense") for job in planned) == 3
    alone = {"in-script": ["zh", "bn", "te"], "in-family": ["eu"]}
    for perturbation, languages in alone.items():
        for language in languages:
            assert f"perturb {perturbation} {language}" not in planned
    assert sum(job.startswith("perturb in-language") for job in planned) == 40
    assert set(planned.values()) == {1}


def test_the_tiny_study_is_small_and_passes_every_rule_of_a_study_without_the_hub(workflow):
    counts = rules(workflow.planned("studies/tiny.yaml"))
    assert sum(counts.values()) <= 40
    papers = set(rules(workflow.planned()))
    assert papers - set(counts) == {"resolve_data", "resolve_encoder"}


def test_the_demo_has_several_languages_variants_and_seeds(workflow):
    counts = rules(workflow.planned("studies/demo.yaml"))
    assert counts["language_data"] == 8
    assert counts["finetune"] == 3 * 5 * 2


def test_every_stage_is_a_target(workflow):
    for target in ("all", "data", "perturbed", "models", "scores", "tables", "figures"):
        done = workflow.call(target, "--dry-run", "--configfile", "studies/tiny.yaml")
        assert done.returncode == 0, done.stdout


def test_only_what_a_study_has_is_drawn_of_its_runs(workflow):
    curves = "training_curves"
    assert {curves, "sparsity_map"} <= set(rules(workflow.planned("studies/demo.yaml")))
    (workflow.folder / "dense.yaml").write_text("study: dense\npruning: {scopes: [], sparsities: []}\n")
    dense = rules(workflow.planned("dense.yaml"))
    assert dense[curves] == 1 and dense["sparsity_map"] == 0


def test_a_study_is_compared_with_the_paper_where_both_have_a_cell(workflow):
    assert rules(workflow.planned("studies/tiny.yaml"))["published"] == 1
    # The paper prints no table of Marathi models, and none of multilingual ones that we have.
    (workflow.folder / "marathi.yaml").write_text("study: marathi\nlanguages: [mr, hi]\nmonolingual: [mr]\n")
    assert rules(workflow.planned("marathi.yaml"))["published"] == 0
