"""What makes a result stale, and what does not: the exact jobs that a run would do after each change."""

import os
from collections import Counter
from pathlib import Path

import pytest
import yaml
from compression.encoder import random_encoder
from compression.synthetic import generate

FIGURES = {*(f"figure_{number}" for number in range(1, 10)), "languages_figure", "novelty_figure", "published"}
RUN_FIGURES = {"training_curves", "sparsity_map"}
CONFIG = {"study_config"}
TABLES_AND_FIGURES = {"f1_table 3", "f1_table 5", "f1_table 7", "f1_table 9", *FIGURES}
AFTER_SCORES = {"collect_scores", "bootstrap", "intervals", "claims", "diagnosis", *TABLES_AND_FIGURES}
RUNS = {
    f"{training_set} {variant}" for training_set in ("hi", "bg", "multilingual") for variant in ("dense", "full-50")
}
SIZES = {"train": 24, "validation": 8, "test": 12}


def write_overlay(path: Path, encoder: Path, **changes) -> str:
    """Write an overlay on tiny.yaml: hi and mr share a script, bg is alone in its own; multilingual runs too."""
    languages = changes.pop("languages", ["hi", "mr", "bg"])
    overlay = yaml.safe_load(Path(__file__).parents[2].joinpath("studies/tiny.yaml").read_text())
    overlay |= {
        "study": "stale",
        "languages": languages,
        "monolingual": ["hi", "bg"],
        "multilingual": True,
        "perturbations": ["in-language", "in-script"],
        "encoder": {"source": "local", "folder": str(encoder)},
        "data": {"source": "synthetic", "synthetic": {"seed": 0, "sizes": dict.fromkeys(languages, SIZES)}},
    }
    path.write_text(yaml.safe_dump(overlay | changes))
    return str(path)


@pytest.fixture(scope="module")
def study(finished, tmp_path_factory):
    """A finished study with an encoder of its own folder, beside another: (workflow, encoder, overlay)."""
    encoder = tmp_path_factory.mktemp("encoder")
    texts = [words for code in ("hi", "mr", "bg", "ru") for words in generate(code, SIZES, 0)["train"].tokens]
    sizes = {"vocabulary": 400, "hidden": 16, "layers": 1, "heads": 2, "feed_forward": 32, "positions": 64}
    random_encoder(texts, sizes, 0, encoder)
    overlay = write_overlay(encoder / "study.yaml", encoder)
    finished.run(overlay)
    return finished, encoder, overlay


@pytest.fixture
def edited(study):
    """A function that changes a file of the workflow until the test ends."""
    workflow, _, _ = study
    originals = {}

    def edit(name: str, old: str, new: str) -> None:
        path = workflow.folder / name
        originals.setdefault(path, path.read_text())
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    yield edit
    for path, text in originals.items():
        path.write_text(text)


def test_a_second_run_does_nothing_nor_does_one_after_another_study(study):
    workflow, _, overlay = study
    assert workflow.planned(overlay) == Counter()
    assert workflow.planned("studies/tiny.yaml") == Counter()


def test_the_studies_lie_beside_each_other_and_are_whole(study):
    workflow, _, _ = study
    for name in ("stale", "tiny"):
        results = workflow.folder / "results" / name
        assert (results / "scores.csv").stat().st_size > 0
        assert {path.name for path in results.joinpath("figures").iterdir()} == {
            f"{name}.{suffix}"
            for name in [
                *(f"figure-{number}" for number in range(1, 10)),
                "languages",
                "novelty",
                "training-curves",
                "sparsity",
                "published",
            ]
            for suffix in ("pdf", "png", "svg")
        }
    tables = {path.stem for path in (workflow.folder / "results/stale/tables").glob("*.csv")}
    numbers = (1, 3, 5, 7, 9, 10)  # full only; an example of hi
    assert tables == {"published", "runs", *(f"table-{number}" for number in numbers)}


def test_touched_files_are_not_stale(study):
    workflow, _, overlay = study
    results = workflow.folder / "results/stale"
    touched = ["data/hi/train.parquet", "data/hi/test.parquet", "encoder/model.safetensors", "evaluation/hi.parquet"]
    touched += [
        f"runs/hi/dense/seed-1/{name}" for name in ("weights.safetensors.zst", "config.json", "predictions.json")
    ]
    touched += [
        str(path.relative_to(results)) for path in results.joinpath("runs/hi/dense/seed-1/predictions").iterdir()
    ]
    for name in touched:
        assert (results / name).exists()
        os.utime(results / name)
    assert workflow.planned(overlay) == Counter()


def test_comments_docstrings_and_formatting_are_not_stale(study, edited):
    workflow, _, overlay = study
    edited("workflow/scripts/compression/pruning.py", "class Pruner:\n", "class Pruner:  # prunes\n")
    edited("workflow/scripts/compression/scoring.py", '"""Scores of predicted tags', '"""The scores of predicted tags')
    edited("workflow/scripts/finetune.py", "if __name__", "\n\nif __name__")
    edited("requirements.lock", "# All packages", "# All the packages")
    assert workflow.planned(overlay) == Counter()


def test_changed_scoring_reruns_scores_and_what_follows(study, edited):
    workflow, _, overlay = study
    edited(
        "workflow/scripts/compression/scoring.py",
        "SCORE_COLUMNS: dict[str, str] = {",
        "CHANGED = 1\nSCORE_COLUMNS: dict[str, str] = {",
    )
    scores = {f"score {run} 1" for run in RUNS} | {f"chance_floor {code}" for code in ("hi", "mr", "bg")}
    assert workflow.planned(overlay) == Counter(scores | AFTER_SCORES)


def test_changed_training_reruns_runs_and_what_follows(study, edited):
    workflow, _, overlay = study
    edited("workflow/scripts/compression/vocabulary.py", "import numpy as np\n", "import numpy as np\nCHANGED = 1\n")
    runs = {f"{rule} {run} 1" for rule in ("finetune", "predict", "score") for run in RUNS}
    assert workflow.planned(overlay) == Counter(runs | AFTER_SCORES | RUN_FIGURES | {"run_statistics"})


def test_changed_plots_redraw_figures_only(study, edited):
    workflow, _, overlay = study
    edited("workflow/scripts/compression/styles.py", "SCOPE_NAMES = ", "CHANGED = 1\nSCOPE_NAMES = ")
    assert workflow.planned(overlay) == Counter(FIGURES | RUN_FIGURES)


def test_a_changed_lock_reruns_everything(study, edited):
    workflow, _, overlay = study
    everything = set(workflow.planned(overlay, "--forceall"))
    edited("requirements.lock", "tqdm==", "tqdm==0.")
    assert set(workflow.planned(overlay)) == everything
    assert len(everything) > 50


def test_a_new_seed_runs_its_runs_only(study):
    workflow, encoder, _ = study
    more = write_overlay(encoder / "seeds.yaml", encoder, seeds=[1, 2])
    runs = {f"{rule} {run} 2" for rule in ("finetune", "predict", "score") for run in RUNS}
    assert workflow.planned(more) == Counter(runs | AFTER_SCORES | {"run_statistics"} | CONFIG)


def test_a_value_that_one_rule_reads_reruns_that_rule(study):
    workflow, encoder, _ = study
    more = write_overlay(encoder / "floor.yaml", encoder, chance_floor={"derangements": 101})
    floors = {f"chance_floor {code}" for code in ("hi", "mr", "bg")}
    # Bootstrap and intervals are of the counts, not of the scores beside their floors.
    assert workflow.planned(more) == Counter((floors | AFTER_SCORES | CONFIG) - {"bootstrap", "intervals"})


def test_another_limit_of_the_diagnosis_reruns_it_alone(study):
    workflow, encoder, _ = study
    more = write_overlay(encoder / "limit.yaml", encoder, diagnosis={"floor_factor": 3})
    assert workflow.planned(more) == Counter({"diagnosis"} | CONFIG)


def test_a_new_language_reruns_the_pools_it_joins_and_multilingual_runs(study):
    workflow, encoder, _ = study
    more = write_overlay(encoder / "languages.yaml", encoder, languages=["hi", "mr", "bg", "ru"])
    own = {
        f"{rule} ru" for rule in ("language_data", "data_card", "encode", "perturb in-language", "perturb in-script")
    }
    joined = {"perturb in-script bg", "overlap bg", "overlap multilingual"}
    joined |= {
        f"{rule} {code}" for rule in ("evaluation", "encode_evaluation", "chance_floor") for code in ("bg", "ru")
    }
    runs = {f"finetune multilingual {variant} 1" for variant in ("dense", "full-50")}
    runs |= {
        f"{rule} {training_set} {variant} 1"
        for rule in ("predict", "score")
        for training_set in ("bg", "multilingual")  # bg was alone in its script: it has a test set more
        for variant in ("dense", "full-50")
    }
    after = AFTER_SCORES | RUN_FIGURES | {"run_statistics", "data_sizes_table"} | CONFIG
    assert workflow.planned(more) == Counter(own | joined | runs | after)
