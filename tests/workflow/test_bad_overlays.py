"""Bad input that only a call of Snakemake shows: overlays, what is read before any job runs, and what runs first."""

import re

import pytest

TINY = "studies/tiny.yaml"

OVERLAYS = {
    "a_key_twice_after_a_bom_and_with_crlf": (
        "\ufeffstudy: mine\r\nseeds: [1]\r\nstudy: other\r\n",
        "{overlay}: line 3: the key 'study' stands in line 1 already; expected it once",
    ),
    "a_sparsity_with_an_exponent": (
        "pruning: {sparsities: [5.0e+1]}\n",
        "config: pruning.sparsities.0: 50.0 is wrong: it must be a whole number without decimal point or exponent",
    ),
    "a_key_without_a_value": ("pruning:\n", "config: pruning: null is wrong: it must be a mapping of keys to values"),
    "a_language_that_yaml_reads_as_false": (
        "languages: [hi, no]\n",
        "config: languages.1: false is wrong: it must be a text, in quotes",
    ),
    "data_in_the_home_folder": (
        "data: {source: local, folder: ~/wikiann}\n",
        "~/wikiann: no such folder; expected the data of `data: folder`; ~ and $NAME are taken as they stand",
    ),
    "a_reference_of_other_languages": (
        "reference: {reference}\n",
        "{reference}: language: none of English is in the study; expected codes such as hi",
    ),
}


@pytest.mark.parametrize("text, line", OVERLAYS.values(), ids=OVERLAYS)
def test_an_overlay(workflow, tmp_path, text, line):
    paths = {"overlay": tmp_path / "overlay.yaml", "reference": tmp_path / "reference.csv"}
    paths["reference"].write_text("language,f1\nEnglish,0.8\n")
    paths["overlay"].write_text(text.replace("{reference}", str(paths["reference"])), encoding="utf-8", newline="")
    done = workflow.call("--dry-run", "--configfile", TINY, str(paths["overlay"]))
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1] == f"Error: {line.format(**paths)}"
    assert "Traceback" not in done.stdout


def test_an_overlay_with_a_bom_crlf_and_no_error(workflow, tmp_path):
    (tmp_path / "overlay.yaml").write_bytes("\ufeffstudy: mine\r\nseeds: [7]\r\n".encode())
    done = workflow.call("--dry-run", "--configfile", TINY, str(tmp_path / "overlay.yaml"))
    assert done.returncode == 0
    assert "results/mine/runs/hi/dense/seed-7/run.json" in done.stdout


def test_what_may_refuse_data_runs_before_any_training(workflow):
    """Jobs of a higher priority run first: else, with many languages, some train while others are still unread."""
    done = workflow.call("--dry-run", "--configfile", TINY)
    blocks = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", done.stdout, re.MULTILINE)
    assert {"finetune", "language_data", "encode"} <= {rule for rule, _ in blocks}
    assert {rule for rule, block in blocks if "    priority: 1\n" in block} == {"language_data", "encode"}
