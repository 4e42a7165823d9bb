"""What the paper's study and the studies of the folder plan to do, without doing it."""

from collections import Counter

import pytest
import yaml


def rules(planned: Counter) -> Counter:
    return Counter(job.split()[0] for job in planned.elements())


def test_the_papers_study(workflow):
    planned = workflow.planned()
    counts = rules(planned)
    # (10 monolingual + 1 multilingual) training sets × 13 variants × 3 seeds
    assert counts["finetune"] == counts["predict"] == counts["score"] == 429
    assert counts["language_data"] == 40
    assert sum(counts.values()) == 1691  # a dry run of 69,000, one for each language and test set, took 92 s
    assert sum(job.startswith("finetune multilingual dense") for job in planned) == 3
    alone = {"in-script": ["zh", "bn", "te"], "in-family": ["eu"]}
    for perturbation, languages in alone.items():
        for language in languages:
            assert f"perturb {perturbation} {language}" not in planned
    assert sum(job.startswith("perturb in-language") for job in planned) == 40
    assert set(planned.values()) == {1}


def test_the_tiny_study_is_small_and_passes_every_rule_of_a_study_without_the_hub(workflow):
    counts = rules(workflow.planned("studies/tiny.yaml"))
    assert sum(counts.values()) <= 51
    papers = set(rules(workflow.planned()))
    assert papers - set(counts) == {"resolve_data", "resolve_encoder"}


def test_the_demo_has_several_languages_variants_and_seeds(workflow):
    counts = rules(workflow.planned("studies/demo.yaml"))
    assert counts["language_data"] == 8
    assert counts["finetune"] == 5 * 2 + 2 * 5 * 1


@pytest.mark.parametrize(
    ("scopes", "perturbations", "figures"),
    [
        ([], [], {"figure-1", "figure-9", "languages"}),
        (["full"], [], {*(f"figure-{number}" for number in (1, 2, 4, 5, 9)), "languages"}),
        ([], ["in-script"], {"figure-1", "figure-3", "figure-9", "languages", "novelty"}),
        (
            ["partial"],
            ["in-script"],
            {*(f"figure-{number}" for number in (1, 2, 3, 4, 5, 9)), "languages", "novelty"},
        ),
    ],
)
def test_a_study_has_the_figures_that_its_runs_and_test_sets_allow(workflow, tmp_path, scopes, perturbations, figures):
    overlay = yaml.safe_load(workflow.folder.joinpath("studies/tiny.yaml").read_text())
    overlay["pruning"] = {"scopes": scopes, "sparsities": [50] if scopes else []}
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(overlay | {"perturbations": perturbations}))
    planned = workflow.planned(str(path), "figures")
    assert {job.removeprefix("figure ") for job in planned if job.startswith("figure ")} == figures


def test_every_stage_is_a_target(workflow):
    for target in ("all", "data", "perturbed", "models", "scores", "diagnosis", "tables", "figures", "explore"):
        done = workflow.call(target, "--dry-run", "--configfile", "studies/tiny.yaml")
        assert done.returncode == 0, done.stdout


def test_the_forensics_need_no_model(workflow):
    """Hindi is the one language of the tiny study whose monolingual models are published; without it there is none."""
    planned = workflow.planned("studies/tiny.yaml", "forensics")
    assert planned == Counter(["language_data hi", "perturb in-language hi", "forensics"])
    overlay = yaml.safe_load(workflow.folder.joinpath("studies/tiny.yaml").read_text())
    path = workflow.folder / "marathi.yaml"
    path.write_text(yaml.safe_dump(overlay | {"study": "marathi", "languages": ["mr"], "monolingual": ["mr"]}))
    done = workflow.call("forensics", "--dry-run", "--configfile", str(path))
    assert done.returncode != 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Error: forensics: ")]
    assert "expected in-language in perturbations, and in languages one of en, zh, bn" in line


def test_only_what_a_study_has_is_drawn_of_its_runs(workflow):
    curves = "training_curves"
    ours = {"mention_properties", "recall", "forgotten", "forgotten_means", "forgotten_sentences"}
    assert {curves, "sparsity_map"} | ours <= set(rules(workflow.planned("studies/demo.yaml")))
    (workflow.folder / "dense.yaml").write_text("study: dense\npruning: {scopes: [], sparsities: []}\n")
    dense = rules(workflow.planned("dense.yaml"))
    assert dense[curves] == 1 and dense["sparsity_map"] == 0
    assert not ours & set(dense)


def test_a_study_without_perturbed_test_sets_has_no_diagnosis(workflow):
    planned = workflow.planned("studies/tiny.yaml", "--config", "perturbations=[]")
    assert planned and "diagnosis" not in planned


def test_a_study_is_compared_with_the_paper_where_both_have_a_cell(workflow):
    assert rules(workflow.planned("studies/tiny.yaml"))["published"] == 1
    # The paper prints no table of Marathi models, and none of multilingual ones that we have.
    (workflow.folder / "marathi.yaml").write_text("study: marathi\nlanguages: [mr, hi]\nmonolingual: [mr]\n")
    assert rules(workflow.planned("marathi.yaml"))["published"] == 0
