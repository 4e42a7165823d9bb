"""The tiny study in a locale that is not UTF-8: it runs whole, and its results are the same to the byte."""

import os
import re
from pathlib import Path

import pytest
import warm_python
import yaml
from locales import ASCII, western_locale
from workflow_copy import COLD, ROOT, Workflow, copy_workflow

TINY = "studies/tiny.yaml"

TIMES = re.compile(r"benchmarks/.*|logs/.*|runs/.*/(run\.json|training\.csv)|tables/(runs|plan)\..*|plan\.json")
"""Files of results that hold how long something took."""


@pytest.fixture(scope="module")
def western(tmp_path_factory) -> Workflow:
    """A copy in which the tiny study has run in a locale that has neither Devanagari nor a minus sign."""
    folder = tmp_path_factory.mktemp("western")
    environment, _ = western_locale(folder / "locales")
    workflow = copy_workflow(folder / "workflow")
    workflow.environment = environment | warm_python.start(environment=os.environ | environment)
    assert "Logging error" not in workflow.run(TINY)
    return workflow


def results(workflow: Workflow) -> dict[str, bytes]:
    """Return the content of the files of the study's results, by their path in it."""
    folder = workflow.folder / "results/tiny"
    paths = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if not path.name.startswith(".")}


SPLITS = {"train": "train", "dev": "validation", "test": "test"}
"""By the names of their files."""


def test_results_are_those_of_a_locale_that_is_utf8(western, finished):
    ours, others = results(western), results(finished)
    same = {path for path in ours if not TIMES.fullmatch(path)}
    assert len(same) > 100 and {"claims.md", "diagnosis.md", "figures/sparsity.svg", "tables/table-10.md"} <= same
    assert [path for path in sorted(same) if ours[path] != others.get(path)] == []


def test_logs_and_the_report_are_utf8(western):
    logs = {path: text.decode("utf-8") for path, text in results(western).items() if path.startswith("logs/")}
    assert re.search("[\u0900-\u097f]", logs["logs/examples_table/10.log"])
    assert "\N{MINUS SIGN}" in logs["logs/published.log"]
    ascii_alone = Workflow(western.folder, environment=ASCII | COLD)
    done = ascii_alone.call("--report", "report.html", "--configfile", TINY)
    assert done.returncode == 0, done.stdout
    assert "\N{RIGHTWARDS ARROW}" in (western.folder / "report.html").read_text(encoding="utf-8")


def test_what_a_locale_cannot_write_is_escaped_on_the_terminal_and_whole_in_logs(workflow, tmp_path):
    """A data file has a tag in Cyrillic letters: the summary shows it too, and Snakemake's log has the summary."""
    for code in ("hi", "mr"):
        (tmp_path / "data" / code).mkdir(parents=True)
        for split in SPLITS:
            (tmp_path / "data" / code / split).write_text(f"{code}:Ann\tлицо\n\n", encoding="utf-8")
    data = {"source": "local", "folder": str(tmp_path / "data"), "allow_other_sizes": True}
    overlay = tmp_path / "cyrillic.yaml"
    overlay.write_text(yaml.safe_dump({"study": "cyrillic", "data": data}) + "# имя\n", encoding="utf-8")
    ascii_alone = Workflow(workflow.folder, environment=ASCII | COLD)
    done = ascii_alone.call("data", "--cores", "1", "--configfile", TINY, str(overlay))
    assert done.returncode == 1
    assert "Logging error" not in done.stdout and "Traceback" not in done.stdout
    assert re.search(r"^Study cyrillic: (\d) of \1 jobs? failed", done.stdout, re.MULTILINE)
    shown, code, name = re.search(r"      \| (Error: .*(hi|mr)/(\w+): line 1: .*)", done.stdout).groups()
    assert r"\u043b\u0438\u0446\u043e" in shown
    whole = shown.encode("ascii").decode("unicode_escape")
    log = workflow.folder / "results/cyrillic/logs/split_data" / code / f"{SPLITS[name]}.log"
    assert log.read_text(encoding="utf-8") == f"{whole}\n"
    (main_log,) = re.findall(r"^Complete log\(s\): (.*)$", done.stdout, re.MULTILINE)
    assert f"      | {whole}\n" in Path(main_log).read_text(encoding="utf-8")


def test_profiles_are_ascii():
    """Their reader, unlike that of the config, opens them in the encoding of the locale."""
    profiles = sorted(ROOT.glob("profiles/*/*.yaml"))
    assert len(profiles) == 2
    for path in profiles:
        path.read_bytes().decode("ascii")
