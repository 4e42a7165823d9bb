"""Bad input that only a call of Snakemake shows: overlays, what is read before any job runs, and what runs first."""

import re
import shutil

import pytest
import yaml

TINY = "studies/tiny.yaml"

OVERLAYS = {
    "a_key_twice_after_a_bom_and_with_crlf": (
        "\ufeffstudy: mine\r\nseeds: [1]\r\nstudy: other\r\n",
        "{overlay}: line 3: the key 'study' is in line 1 already; expected it once",
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
        "~/wikiann: no such folder; expected the data of `data: folder`; ~ and $NAME are not expanded",
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


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--configfile", TINY, "--configfile=studies/demo.yaml"],
            "--configfile is given twice, and Snakemake would use only the last; expected it once, with all "
            "overlays after it: --configfile base.yaml more.yaml",
        ),
        (
            ["--configfile", TINY, "-C", "seeds=[1]", "--config", "multilingual=false"],
            "--config is given twice, and Snakemake would use only the last; expected it once, with all "
            "values after it: --config 'seeds=[1, 2]' multilingual=false",
        ),
        (
            ["--configfile", "{seeds}"],
            "{seeds}: no study is named, so results would go into that of config.yaml; add the line `study: name`",
        ),
        (
            ["--config", "seeds=[1]"],
            "--config: no study is named, so results would go into that of config.yaml; add `study=name`",
        ),
        (["--configfile", TINY, "--config", "seeds=['4']"], "config: seeds.0: '4' is wrong: it must be a whole number"),
        (["--configfile", TINY, "--config", "sedes=[4]"], "config: the config: unknown key 'sedes'; allowed: study, "),
        (
            ["--configfile", TINY, "--config", "finetuning={learning_rate: 1e-3}"],
            "config: finetuning.learning_rate: '1e-3' is wrong: it must be a finite number: YAML reads an exponent",
        ),
        (
            ["--configfile", TINY, "--config", "pruning="],
            "config: pruning: null is wrong: it must be a mapping of keys",
        ),
    ],
)
def test_what_a_call_must_not_lay_on_the_config(workflow, tmp_path, arguments, line):
    seeds = tmp_path / "seeds.yaml"
    seeds.write_text("seeds: [1]\n", encoding="utf-8")
    done = workflow.call("--dry-run", *(argument.replace("{seeds}", str(seeds)) for argument in arguments))
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1].startswith("Error: " + line.replace("{seeds}", str(seeds)))
    assert "Traceback" not in done.stdout


VALUES = {
    "seeds": "[4]",
    "multilingual": "true",
    "monolingual": "[]",
    "reference": "null",
    "pruning": "{sparsities: [70]}",
    "finetuning": "{epochs: 3, learning_rate: 1.0e-3, weight_decay: 0}",
    "export": "[multilingual/full-70/seed-4]",
    "study": "'4'",
}


def test_values_are_the_same_study_in_an_overlay_on_the_command_line_in_a_profile_and_in_a_call_for_a_job(
    workflow, tmp_path
):
    """Each way the job that records the study's config makes the same file, in which nothing is a text but texts."""
    lines = [f"{key}: {text}" for key, text in VALUES.items()]
    values = [f"{key}={text}" for key, text in VALUES.items()]
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("\n".join([*lines, ""]), encoding="utf-8")
    profile = tmp_path / "profile"
    profile.mkdir()
    entries = {"configfile": [TINY, str(overlay)], "config": {"snapshots": {"minutes": 20}}, "cores": 1}
    (profile / "config.yaml").write_text(yaml.safe_dump(entries), encoding="utf-8")
    record = workflow.folder / "results/4/config.yaml"
    target = str(record.relative_to(workflow.folder))
    minutes = "snapshots={minutes: 20}"
    calls = [
        ["--cores", "1", "--configfile", TINY, str(overlay), "--config", minutes],
        ["--cores", "1", "--configfile", TINY, "--config", minutes, *values],
        ["--workflow-profile", str(profile)],
        # as Snakemake calls itself for a job, on a node of a cluster for example
        ["--mode", "subprocess", "--force", "--cores", "1", "--config", minutes, *values, "--configfiles", TINY],
    ]
    records = []
    for call in calls:
        done = workflow.call(target, *call)
        assert done.returncode == 0, done.stdout
        records.append(record.read_text(encoding="utf-8"))
        shutil.rmtree(workflow.folder / "results/4")
    assert records[1:] == records[:1] * 3
    study = yaml.safe_load(records[0])
    assert [study[key] for key in ("study", "seeds", "multilingual", "monolingual")] == ["4", [4], True, []]
    assert study["reference"] is None and study["snapshots"] == {"minutes": 20.0}
    assert study["pruning"]["sparsities"] == [70] and study["pruning"]["scopes"] == ["full"]  # which is tiny.yaml's
    assert repr([study["finetuning"][key] for key in ("epochs", "learning_rate", "weight_decay")]) == "[3, 0.001, 0.0]"


def test_an_overlay_of_several_that_names_the_study_is_enough(workflow, tmp_path):
    seeds = tmp_path / "seeds.yaml"
    seeds.write_text("seeds: [9]\n", encoding="utf-8")
    for overlays in ([TINY, str(seeds)], [str(seeds), TINY]):
        done = workflow.call("--dry-run", "--configfile", *overlays)
        assert done.returncode == 0
        seed = 9 if overlays[0] == TINY else 1  # the last one counts
        assert f"results/tiny/runs/hi/dense/seed-{seed}/run.json" in done.stdout


def test_what_may_refuse_data_runs_before_any_training(workflow):
    """Jobs of a higher priority run first: else, with many languages, some train while others are still unread."""
    done = workflow.call("--dry-run", "--configfile", TINY)
    blocks = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", done.stdout, re.MULTILINE)
    assert {"finetune", "language_data", "encode"} <= {rule for rule, _ in blocks}
    assert {rule for rule, block in blocks if "    priority: 1\n" in block} == {"language_data", "encode"}
