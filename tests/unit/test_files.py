"""What the jobs write and import: files as pandas would write them, without its import where runs are many."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from ner_pruning.files import InputError, check_writable, read_json, write_csv

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
SLOW = {"pandas", "datasets", "matplotlib", "seaborn", "seqeval", "scipy.stats", "sklearn", "statsmodels"}

ROWS = [
    {"name": 'a "quoted", name', "share": 0.1 + 0.2, "whole": 3, "pruned": True},
    {"name": "ཀ\nབ", "share": 1e-300, "whole": -1, "pruned": False},
]


def test_csv_is_what_pandas_writes(tmp_path):
    columns = ["share", "name", "pruned", "whole"]
    write_csv(tmp_path / "ours.csv", ROWS, columns)
    pd.DataFrame(ROWS, columns=columns).to_csv(tmp_path / "theirs.csv", index=False, lineterminator="\n")
    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()


def test_a_row_with_another_key_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="seed"):
        write_csv(tmp_path / "table.csv", [*ROWS, {"seed": 1}], list(ROWS[0]))
    assert list(tmp_path.iterdir()) == []


def test_json_in_another_encoding_is_refused_by_name(tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes('{"name": "é"}'.encode("latin-1"))
    with pytest.raises(InputError, match=f"^{path}: not a JSON file"):
        read_json(path)


@pytest.mark.parametrize("study", [".", "tiny", "of/tiny"])
@pytest.mark.parametrize("kind", ["file", "dangling link", "link to a file"])
def test_what_is_no_folder_in_the_place_of_results_is_named(tmp_path, kind, study):
    results = tmp_path / "results"
    if kind == "dangling link":
        results.symlink_to(tmp_path / "nowhere")
    else:
        (file := tmp_path / "file" if kind == "link to a file" else results).write_text("")
        if file != results:
            results.symlink_to(file)
    with pytest.raises(InputError, match=f"^{results}: not a folder; expected one for the results$"):
        check_writable(results / study)


def test_results_go_to_a_folder_a_link_to_one_and_one_that_is_yet_to_be_made(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "link", tmp_path / "link/results/tiny"):
        check_writable(folder)


@pytest.mark.parametrize(
    "modules",
    [
        "ner_pruning.training.run, jobs.logs",
        "ner_pruning.scoring.prediction, ner_pruning.training.checkpoint, ner_pruning.data.test_sets",
        "ner_pruning.scoring.prediction_files",
    ],
)
def test_a_run_and_its_prediction_import_nothing_slow_that_they_do_not_use(modules):
    """These jobs are three quarters of a study's; pandas alone takes .4 s of the start of each."""
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert SLOW.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("script", ["claims", "explore", "f1_table", "figure", "forgotten", "methods_table"])
def test_a_table_and_a_figure_import_no_scipy_stats(script):
    """It takes .6 s, more than all else that a figure's job does, in some thirty jobs of a study."""
    code = f"import runpy, sys; runpy.run_path('{script}.py'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert {"scipy.stats", "seaborn"}.isdisjoint(done.stdout.split())
