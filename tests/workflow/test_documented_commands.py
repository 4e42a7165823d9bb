"""Every command that the documentation shows: planned or done, or on a list that says why it cannot be.

A shell reads the commands as they stand, with its own quotes, comments and variables, and finds programs that note how
they are called. Each call is then made: of snakemake as a dry run, of make as what it would do, of a benchmark until it
has read its arguments.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from documented_commands import (
    DOCUMENTS,
    Call,
    Documented,
    calls_of,
    commands_of_comments,
    commands_of_document,
    documented_commands,
    make_recorders,
)
from snakemake.cli import get_argument_parser
from workflow_copy import ROOT, Workflow, copy_workflow

SUBSTITUTES = {
    r" …$": "",  # and more options
    r"benchmarks/…": "benchmarks/training.py",  # whose rows follow
    r"compression_…": "compression_1",
    r"/data/wikiann": "data/wikiann",  # where the tests have made up some
    r"/lab/compression/Snakefile": "Snakefile",
    r"/scratch/mine": ".",
}
"""What stands for something of the reader's, and what the tests take."""

RECORDED = (
    *("snakemake", "make", "python", "python3", "tail", "squeue", "sacct", "scancel", "sbatch", "touch", "rm"),
    *("apptainer", "codecarbon", "conda", "docker", "hf"),
    *(".venv/bin/snakemake", ".venv/bin/python", ".venv/bin/pip", ".venv/bin/ruff", ".venv/bin/snakefmt"),
)
DONE = ("id", "mkdir", "tar", "zstd")
"""Programs that are only noted, and those that are run."""

EXPORTED = ("STUDY=studies/demo.yaml", "REPORT=report.html")
"""What the Makefile exports to its recipes, unless a call says otherwise."""

NOT_RUN = {
    r"tail -f (?P<log>\S+)": "follows a log without end; that a job has this log is tested",
    r"(squeue|sacct|scancel) .*": "needs a cluster",
    r"\.venv/bin/pip install -r (?P<file>\S+) -r (?P<other>\S+)": "needs a package index; the files are there",
    r"(\.venv/bin/)?pip install --no-deps -r (?P<file>\S+)": "needs a package index; the file is there",
    r"\.venv/bin/python -m pip install .*": "needs a package index",
    r"python3 -m pip wheel --wheel-dir wheels -r (?P<file>\S+)": "needs a package index",
    r"\.venv/bin/pip install --no-index --find-links wheels -r (?P<file>\S+)": "needs the wheels; tried by hand",
    r"python3? -m venv \.venv": "these tests run in such an environment",
    r"rm -rf \.venv": "the environment that these tests run in",
    r"touch \.venv/.*": "the mark of make that an environment is complete",
    r"\.venv/bin/python -m pytest .*": "is what runs this test",
    r"make test": "is what runs this test",
    r"\.venv/bin/python -m (ruff|snakefmt) .*": "what make lint does, and CI with it",
    r"snakemake --sdm conda": "needs conda",
    r"conda env create -f (?P<file>\S+)": "needs conda",
    r"conda activate compression": "needs conda",
    r"hf download .*": "needs the Hub; its options are those of the installed one",
    r"codecarbon monitor .*": "needs CodeCarbon; tried by hand",
    r"(docker|apptainer) build .*(?P<file>envs/\S+).*": "needs docker or Apptainer, and the network; tried by hand",
    r"(docker|apptainer) run .*": "needs the image; tried by hand",
    r"sbatch .*": "needs a cluster and the image",
    r"snakemake study_models": "a target of a module, which test_modules.py makes",
}
"""Calls that no test makes, as patterns of the whole call, and why not."""

WITHOUT_CORES = r"--unlock|--report|--lint|--workflow-profile profiles/slurm|(^| )-n( |$)"
"""Calls of snakemake that need no --cores, which a dry run would not miss."""

ZSTD = f"""#!{sys.executable}
import sys, zstandard
assert sys.argv[1] == "-dc"
zstandard.ZstdDecompressor().copy_stream(open(sys.argv[2], "rb"), sys.stdout.buffer)
"""
"""What unpacks an archive where zstd is not installed."""

SRUN = """#!/bin/bash
while [[ $1 == --* ]]; do shift; done
exec "$@"
"""
"""Does on this machine what SLURM would do on a node."""

COMMANDS = documented_commands()


def substituted(text: str) -> str:
    for pattern, value in SUBSTITUTES.items():
        text = re.sub(pattern, value, text)
    return text


def write_data(folder: Path, languages: list[str]) -> None:
    """Write data in the Hub's layout, in which there is nothing: a dry run does not read it."""
    for language in languages:
        for split in ("train", "validation", "test"):
            path = folder / language / f"{split}-00000-of-00001.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Workflow:
    """A clone of the project with the study that the README writes, data and an encoder, and a Python environment.

    The paper's study has four languages and one seed here, to be planned in a moment; test_plan plans it whole. The
    profile `here` is that for SLURM without what its plugin reads.
    """
    workflow = copy_workflow(tmp_path_factory.mktemp("project"))
    folder = workflow.folder
    for name in ("Makefile", "benchmarks", "docs", *(path.name for path in ROOT.glob("requirements*"))):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    (study,) = re.findall(
        r"^```yaml\n(# studies/mine.yaml\n.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    (folder / "studies/mine.yaml").write_text(substituted(study), encoding="utf-8")
    (news,) = re.findall(
        r"^```yaml\n(# studies/news.yaml\n.*?)^```$",
        (ROOT / "docs/your-study.md").read_text(encoding="utf-8"),
        re.M | re.S,
    )
    (folder / "studies/news.yaml").write_text(news, encoding="utf-8")
    (folder / "news").mkdir()
    for split in ("train", "dev", "test"):
        (folder / f"news/{split}.txt").touch()
    paper = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8")) | {"seeds": [1]}
    paper |= {"languages": ["de", "en", "sw", "yo"], "monolingual": ["en"]}
    (folder / "config.yaml").write_text(yaml.safe_dump(paper), encoding="utf-8")
    write_data(folder / "data/wikiann", ["sw", "yo", "te", "jv"])
    encoder = folder / "multilingual-e5-small"
    encoder.mkdir()
    (encoder / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    for name in ("model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (encoder / name).touch()
    profile = yaml.safe_load((folder / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))
    here = {key: value for key, value in profile.items() if key != "executor" and not key.startswith("slurm-")}
    (folder / "profiles/here").mkdir()
    (folder / "profiles/here/config.yaml").write_text(yaml.safe_dump(here), encoding="utf-8")
    (folder / "programs").mkdir()
    for name in DONE:
        if program := shutil.which(name):
            (folder / "programs" / name).symlink_to(program)
        else:
            (folder / "programs" / name).write_text({"zstd": ZSTD}[name], encoding="utf-8")
            (folder / "programs" / name).chmod(0o755)
    (folder / "programs/srun").write_text(SRUN, encoding="utf-8")
    (folder / "programs/srun").chmod(0o755)
    make_recorders(folder / "programs", [name for name in RECORDED if "/" not in name])
    make_recorders(folder, [name for name in RECORDED if "/" in name])
    (folder / ".venv/bin/activate").touch()
    return workflow


def made_by(text: str, workflow: Workflow) -> Iterator[Call]:
    """Yield the programs that a text calls when a shell does it, and those that the rules of make would call."""
    for call in calls_of(text, workflow.folder, workflow.folder / "programs"):
        yield call
        if call.program == "make":
            done = subprocess.run(["make", "-n", *call.arguments], cwd=workflow.folder, capture_output=True)
            assert done.returncode == 0, f"{call}: {done.stderr.decode()}"
            given = [argument for argument in call.arguments if "=" in argument]
            exported = shlex.join(["export", *EXPORTED, *given])
            recipe = f"{exported}\n{done.stdout.decode()}"
            yield from map(by_its_name, calls_of(recipe, workflow.folder, workflow.folder / "programs"))


def by_its_name(call: Call) -> Call:
    """Return a call of Snakemake as a module of Python, as make has it, as one of its program."""
    if call.program == ".venv/bin/python" and call.arguments[:2] == ("-m", "snakemake"):
        return Call(".venv/bin/snakemake", call.arguments[2:], call.environment)
    return call


def is_snakemake(call: Call) -> bool:
    return call.program in ("snakemake", ".venv/bin/snakemake")


def is_benchmark(call: Call) -> bool:
    return call.program == "python" and call.arguments[0].startswith("benchmarks/")


def why_not_run(call: Call) -> str | None:
    return next((why for pattern, why in NOT_RUN.items() if re.fullmatch(pattern, str(call))), None)


@pytest.fixture(scope="module")
def calls(project) -> dict[Call, Documented]:
    """All calls that the documented commands make, and where each is first shown."""
    found: dict[str, tuple[Call, Documented]] = {}
    for documented in COMMANDS:
        for call in made_by(substituted(documented.text), project):
            found.setdefault(str(call), (call, documented))
    return dict(found.values())


@pytest.fixture(scope="module")
def planned(project, calls) -> dict[Call, tuple[int, str]]:
    """The status and output of all calls of snakemake and the benchmarks that have dry runs."""
    rows = {}
    for call in calls:
        if is_benchmark(call):
            rows[call] = (call.arguments[0], call.arguments[1:], dict(call.environment))
        elif is_snakemake(call) and not why_not_run(call) and not {"--report", "--unlock"} & set(call.arguments):
            rows[call] = ("snakemake", without_slurm(call.arguments), dict(call.environment))
    return dict(zip(rows, project.dry_runs(list(rows.values())), strict=True))


def without_slurm(arguments: Sequence[str]) -> list[str]:
    """Return arguments without what the plugin for SLURM adds, which is not installed: tests/slurm has these calls."""
    kept, skips = [], False
    for argument in arguments:
        skips = argument.startswith("--slurm-") or (skips and not argument.startswith("-"))
        kept += [] if skips else [argument.replace("profiles/slurm", "profiles/here")]
    return kept


def test_commands_are_found():
    """In each place that has some, in the number that stands there."""
    text = (
        "Run `snakemake -n`, not `run`.\n\n```bash\nmake demo  # `x`\n```\n\n```\nstep 1 of 2\n```\n\n"
        "`A=1 snakemake …`\nand `snakemake\n  plan`\n"
    )
    found = [(command.line, command.text) for command in commands_of_document("x.md", text)]
    assert sorted(found) == [
        (1, "snakemake -n"),
        (4, "make demo  # `x`\n"),
        (11, "A=1 snakemake …"),
        (12, "snakemake plan"),
    ]
    comments = (
        "# make demo: it. make report STUDY=a.yaml B=c.html\nx: y\nz: 1  # `snakemake export --cores 1`, to make room\n"
        "# For snakemake --sdm conda: it\n"
    )
    assert [(command.line, command.text) for command in commands_of_comments("x", comments)] == [
        (1, "make demo"),
        (1, "make report STUDY=a.yaml B=c.html"),
        (3, "snakemake export --cores 1"),
        (4, "snakemake --sdm conda"),
    ]
    places = {command.path for command in COMMANDS}
    assert {"README.md", "docs/operations.md", "docs/low-resource/README.md", "benchmarks/README.md"} <= places
    assert {"Makefile", "config.yaml", "profiles/slurm/config.yaml"} <= places


def test_commands_in_a_block_of_another_kind_are_not_looked_over():
    with pytest.raises(ValueError, match=r"x.md: line 2: a block with commands; expected ```bash before it"):
        list(commands_of_document("x.md", "```\nsnakemake -n\n```\n"))


def test_a_shell_calls_what_a_text_means(project):
    text = (
        "a='--cores 2'\nX=1 CUDA_VISIBLE_DEVICES=0,1 snakemake $a 'b c'  # d\n"
        "source .venv/bin/activate && .venv/bin/pip x\n"
    )
    assert calls_of(text, project.folder, project.folder / "programs") == [
        Call("snakemake", ("--cores", "2", "b c"), (("CUDA_VISIBLE_DEVICES", "0,1"),)),
        Call(".venv/bin/pip", ("x",)),
    ]
    with pytest.raises(ValueError, match="ends with 127: .*snakmake: command not found"):
        calls_of("snakmake -n", project.folder, project.folder / "programs")


def test_every_call_is_made_or_has_a_reason_why_not(calls):
    unknown = {
        str(documented): str(call)
        for call, documented in calls.items()
        if not (is_snakemake(call) or is_benchmark(call) or call.program == "make" or why_not_run(call))
    }
    assert unknown == {}
    unneeded = [pattern for pattern in NOT_RUN if not any(re.fullmatch(pattern, str(call)) for call in calls)]
    assert unneeded == []


def test_every_call_can_be_planned(calls, planned):
    failed = [
        f"{calls[call]}: {call}: {printed.splitlines()[-1:]}" for call, (status, printed) in planned.items() if status
    ]
    assert failed == []
    assert len([call for call in planned if is_snakemake(call)]) > 20 and len(planned) > 25


def test_every_call_says_how_many_cores(calls):
    """Which a dry run does not need."""
    lacking = [
        f"{documented}: {call}"
        for call, documented in calls.items()
        if is_snakemake(call)
        and not why_not_run(call)
        and not re.search(rf"{WITHOUT_CORES}|--cores [1-9]", " ".join(call.arguments))
    ]
    assert lacking == []


def test_locks_can_be_removed(calls, project):
    unlocks = [call for call in calls if is_snakemake(call) and "--unlock" in call.arguments]
    assert len(unlocks) == 2
    for call in unlocks:
        done = project.call(*without_slurm(call.arguments))
        assert done.returncode == 0, f"{calls[call]}: {call}: {done.stdout}"


def test_reports_can_be_made(calls, finished):
    """Of the tiny study, in place of those that the commands name: it has run."""
    reports = {
        tuple(re.sub(r"^studies/\w+\.yaml$", "studies/tiny.yaml", argument) for argument in call.arguments): call
        for call in calls
        if is_snakemake(call) and "--report" in call.arguments
    }
    for arguments, call in reports.items():
        done = finished.call(*arguments)
        assert done.returncode == 0, f"{calls[call]}: {call}: {done.stdout}"
    for name in ("report.html", "mine.html"):
        (finished.folder / name).unlink()


def test_logs_and_files_that_are_named_exist(calls, planned, project):
    """Those of the calls that no test makes: logs of jobs of the README's study, files of packages."""
    mine = "snakemake --cores 8 --configfile studies/mine.yaml"
    (whole,) = [printed for call, (_, printed) in planned.items() if str(call) == mine]
    matches = [re.fullmatch(pattern, str(call)) for call in calls for pattern in NOT_RUN]
    names = [match.groupdict() for match in matches if match]
    logs = {each["log"] for each in names if "log" in each}
    files = {file for each in names for key, file in each.items() if key != "log"}
    assert logs and [log for log in logs if f"    log: {log}\n" not in whole] == []
    assert files and [file for file in files if not (project.folder / file).is_file()] == []


def test_what_comes_before_the_runs_is_no_run(planned):
    """Of docs/low-resource: from stored runs to the same results, for which nothing is trained."""
    printed = next(printed for call, (_, printed) in planned.items() if "--omit-from" in call.arguments)
    assert "rule encode:" in printed and "rule finetune:" not in printed


def test_the_stages_that_the_readme_lists_are_targets(project):
    (line,) = re.findall(r"# or a stage: (.*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    done = project.call("--dry-run", "--configfile", "studies/tiny.yaml", "--until", *line.split())
    assert done.returncode == 0, done.stdout
    rules = set(project.call("--list-target-rules", "--configfile", "studies/tiny.yaml").stdout.split())
    assert set(line.split()) <= rules and len(line.split()) == 10


def test_options_that_are_named_are_options():
    """Of Snakemake; tests/slurm has those of its plugin for SLURM, benchmarks have their own."""
    known = {option for action in get_argument_parser()._actions for option in action.option_strings}
    for path in DOCUMENTS:
        for option in re.findall(r"`(--[a-z-]+)[^`]*`", path.read_text(encoding="utf-8")):
            own = path.parent.name == "benchmarks" or option.startswith("--slurm-")
            assert own or option in known, f"{path}: {option}"
