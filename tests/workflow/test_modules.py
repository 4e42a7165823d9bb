"""The workflow as a module of another one: from a folder, from a Git host, and as snakedeploy sets it up."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from workflow_copy import ROOT, Workflow, copy_workflow

TINY = yaml.safe_load((ROOT / "studies/tiny.yaml").read_text())

# What snakedeploy 0.18's template use_module.smk.jinja writes, less its comments.
DEPLOYED = """
from snakemake.utils import min_version

min_version("6.10.0")

configfile: "config/config.yaml"

module compression_multilingual:
    snakefile:
        {snakefile}
    config:
        config

use rule * from compression_multilingual
"""


def deploy(folder: Path, snakefile: str, config: dict | None = None) -> Path:
    """Write to a folder what `snakedeploy deploy-workflow` does; config: what its user makes of the one copied."""
    for part in ("config", "profiles"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "workflow").mkdir()
    (folder / "workflow/Snakefile").write_text(DEPLOYED.format(snakefile=snakefile))
    if config is not None:
        (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    return folder


def use(folder: Path, statement: str, config: dict, snakefile: Path, before: str = "", **options: str) -> Workflow:
    """Write a workflow with this one as its module `study`, whose config stands in its Snakefile."""
    folder.mkdir()
    lines = [before, "module study:", f"    snakefile: {str(snakefile)!r}", f"    config: {config!r}"]
    lines += [f"    {key}: {value!r}" for key, value in options.items()]
    (folder / "Snakefile").write_text("\n".join([*lines, statement, ""]))
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    return Workflow(folder)


def all_but_targets(jobs: Counter) -> Counter:
    """Return planned jobs without those that only name others."""
    return Counter({job: count for job, count in jobs.items() if job not in ("default", "study_default", "everything")})


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_a_deployed_workflow_makes_the_study_of_its_config(workflow, tmp_path, snakefile):
    """Of either Snakefile, without a target."""
    deployed = Workflow(deploy(tmp_path / "mine", repr(str(workflow.folder / snakefile)), TINY))
    assert all_but_targets(deployed.planned()) == workflow.planned("studies/tiny.yaml")


def test_the_config_that_is_deployed_is_laid_on_the_papers(workflow, tmp_path):
    """As it is copied it is the paper's study under another name; an overlay on the command line is laid on it."""
    folder = deploy(tmp_path / "mine", repr(str(workflow.folder / "workflow/Snakefile")))
    assert yaml.safe_load((folder / "config/config.yaml").read_text()) == {"study": "mine"}
    deployed = Workflow(folder)
    paper = workflow.planned()
    assert all_but_targets(deployed.planned()) == paper and sum(job.startswith("finetune ") for job in paper) == 429
    assert (folder / "config/README.md").exists()
    (folder / "few.yaml").write_text("languages: [sw, yo]\nmonolingual: [yo]\nseeds: [1]\ntables: {examples: [yo]}\n")
    assert sum(job.startswith("finetune ") for job in deployed.planned("few.yaml")) == 2 * 13


def test_the_snakefile_in_workflow_does_what_the_one_beside_the_config_does(workflow, tmp_path):
    other = Workflow(tmp_path, ["--snakefile", str(workflow.folder / "workflow/Snakefile")])
    overlay = str(workflow.folder / "studies/tiny.yaml")
    assert all_but_targets(other.planned(overlay)) == workflow.planned(overlay)


def test_rules_under_other_names(workflow, tmp_path):
    """No job is lost, and a workflow's own first rule is what it makes without a target."""
    statement, snakefile = "use rule * from study as study_*", workflow.folder / "Snakefile"
    renamed = use(tmp_path / "renamed", statement, TINY, snakefile)
    jobs = Counter({f"study_{job}": count for job, count in workflow.planned("studies/tiny.yaml").items()})
    planned = renamed.planned()
    del planned["study_all"]
    assert planned == jobs

    first = "rule everything:\n    input: 'results/tiny/data/hi/train.parquet'\n"
    own = use(tmp_path / "own", statement, TINY, snakefile, before=first)
    assert all_but_targets(own.planned()) == Counter(["study_language_data hi"])


def test_two_studies_in_one_workflow(workflow, tmp_path):
    """Each module has its own config, languages and results."""
    both = use(tmp_path / "both", "use rule * from study as first_*", TINY, workflow.folder / "Snakefile")
    other = TINY | {"study": "other", "seeds": [2, 3]}
    with open(both.folder / "Snakefile", "a") as file:
        file.write(f"module other:\n    snakefile: {str(workflow.folder / 'Snakefile')!r}\n    config: {other!r}\n")
        file.write("use rule * from other as second_*\n")
    jobs = both.planned(None, "first_models", "second_models")
    assert {job for job in jobs if "finetune" in job} == {
        f"{rule}_finetune hi {variant} {seed}"
        for rule, seed in (("first", 1), ("second", 2), ("second", 3))
        for variant in ("dense", "full-50")
    }


def test_a_module_with_a_prefix(workflow, tmp_path):
    """Its results lie under the prefix, files of the user and of the workflow where they are; a plan is refused."""
    config = TINY | {"reference": "f1.csv"}
    module = use(tmp_path / "mine", "use rule * from study", config, workflow.folder / "Snakefile", prefix="sub")
    (module.folder / "f1.csv").write_text("language,f1\nhi,0.8\n")
    assert all_but_targets(module.planned()) == workflow.planned("studies/tiny.yaml")
    done = module.call("--cores", "2", "data")
    assert done.returncode == 0, done.stdout
    assert (module.folder / "sub/results/tiny/data/hi/card.json").exists()
    done = module.call("--cores", "2", "plan")
    assert done.returncode == 1
    assert "Error: plan: not of a module with a prefix; expected `snakemake plan` of the workflow itself" in done.stdout


def test_a_wrong_config_of_a_module_is_one_line(workflow, tmp_path):
    module = use(tmp_path / "mine", "use rule * from study", TINY | {"sedes": [1]}, workflow.folder / "Snakefile")
    done = module.call("--dry-run")
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("Error: config: ") and "sedes" in last


@pytest.fixture(scope="module")
def hosted(tmp_path_factory) -> Workflow:
    """A study that has run by a deployed module from GitHub, whose clone is there as after a first call."""
    folder = tmp_path_factory.mktemp("hosted")
    source = copy_workflow(folder / "source").folder
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for call in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The workflow"], ["tag", "v1"]):
        subprocess.run([*git, *call], cwd=source, check=True)
    clone = folder / "cache/snakemake/snakemake/source-cache/snakemake-git-cache/github.com/someone/compression"
    subprocess.run([*git, "clone", "-q", "--bare", str(source), str(clone)], check=True)
    shutil.rmtree(source)
    declaration = 'github("someone/compression", path="workflow/Snakefile", tag="v1")'
    deployed = Workflow(deploy(folder / "deployed", declaration, TINY))
    deployed.environment = {"XDG_CACHE_HOME": str(folder / "cache")}
    done = deployed.call("--cores", "2")
    assert done.returncode == 0, done.stdout
    return deployed


def test_a_workflow_from_a_git_host(hosted, finished):
    """It makes the same bytes as a checkout, they stay fresh, and report and plan work."""
    for name in (
        "scores.csv",
        "intervals.csv",
        "claims.md",
        "tables/table-1.md",
        "runs/hi/full-50/seed-1/sparsity.csv",
    ):
        results = Path("results/tiny", name)
        assert (hosted.folder / results).read_bytes() == (finished.folder / results).read_bytes(), name
    assert hosted.planned() == Counter()
    done = hosted.call("--report", "report.html")
    assert done.returncode == 0, done.stdout
    assert "study <strong>tiny</strong>" in (hosted.folder / "report.html").read_text(encoding="utf-8")


def test_results_move_between_a_git_host_and_a_checkout(hosted, workflow, tmp_path):
    for part in ("results", ".snakemake"):
        shutil.copytree(hosted.folder / part, tmp_path / part)
    there = Workflow(tmp_path, ["--snakefile", str(workflow.folder / "Snakefile")])
    trained = [
        job
        for job in there.planned(str(ROOT / "studies/tiny.yaml"))
        if job.split()[0] in ("finetune", "predict", "score")
    ]
    assert trained == []


def test_the_report_of_a_module_whose_config_the_workflow_does_not_share(workflow, tmp_path):
    """The workflow's own config says nothing of the study."""
    module = use(tmp_path / "mine", "use rule * from study as study_*", TINY, workflow.folder / "workflow/Snakefile")
    target = "results/tiny/config.html"
    done = module.call(target, "--cores", "1")
    assert done.returncode == 0, done.stdout
    done = module.call(target, "--report", "report.html")
    assert done.returncode == 0, done.stdout
    assert "config.html" in (module.folder / "report.html").read_text(encoding="utf-8")


def test_a_plan_of_a_module_knows_what_each_job_takes_to_start(workflow, tmp_path):
    module = use(tmp_path / "mine", "use rule * from study as study_*", TINY, workflow.folder / "Snakefile")
    (module.folder / "config.yaml").write_text("samples: samples.tsv\n")  # of the workflow that has the module
    done = module.call("study_plan", "--cores", "1")
    assert done.returncode == 0, done.stdout
    line = next(line for line in done.stdout.splitlines() if line.startswith("starting all other jobs"))
    assert line.split()[5] != "0", line
