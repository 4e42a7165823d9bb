"""What a call of Snakemake ends with: where the results lie, or which jobs failed, why, and how to go on."""

import re

import yaml

TINY = "studies/tiny.yaml"


def end_of(output: str) -> list[str]:
    """Return the lines of the summary, up to what Snakemake prints last."""
    return output.partition("\nStudy ")[2].partition("\nComplete log")[0].splitlines()


def test_a_study_that_is_done(finished):
    output = finished.run(TINY, "--forcerun", "study_config")
    title, *lines = end_of(output)
    assert re.fullmatch(r"tiny: 2 jobs in \d+ s\.", title)
    assert [line.split() for line in lines if line] == [
        ["All", "is", "done,", "of", "2", "runs:"],
        ["claims", "results/tiny/claims.md"],
        ["diagnosis", "results/tiny/diagnosis.md"],
        ["tables", "results/tiny/tables"],
        ["figures", "results/tiny/figures"],
        ["scores", "results/tiny/scores.csv"],
        ["Next,", "all", "of", "it", "as", "one", "page:"],
        ["snakemake", "--report", "report.html", "--configfile", TINY],
    ]
    for name in ("claims.md", "diagnosis.md", "tables", "figures", "scores.csv"):
        assert (finished.folder / "results/tiny" / name).exists(), name


def test_a_study_whose_jobs_fail(workflow, tmp_path):
    """Two data files have a wrong tag: each job has its log's last line, and the rest of the study was done."""
    for code in ("hi", "mr", "bg"):
        (tmp_path / "data" / code).mkdir(parents=True)
        for split in ("train", "dev", "test"):
            tag = "O" if code == "bg" else "b-per"
            (tmp_path / "data" / code / split).write_text(f"{code}:Ann\t{tag}\n\n")
    data = {"source": "local", "folder": str(tmp_path / "data"), "allow_other_sizes": True}
    overlay = {"study": "failing", "data": data, "languages": ["hi", "mr", "bg"]}
    (tmp_path / "failing.yaml").write_text(yaml.safe_dump(overlay))
    call = ["data", "--keep-going", "--cores", "2", "--configfile", TINY, str(tmp_path / "failing.yaml")]
    done = workflow.call(*call)
    assert done.returncode != 0
    title, *lines = end_of(done.stdout)
    assert re.fullmatch(r"failing: 2 of 3 jobs failed, after \d+ s\.", title)
    assert {"  language_data language=hi", "  language_data language=mr"} <= set(lines)
    for code in ("hi", "mr"):
        place = lines.index(f"    results/failing/logs/language_data/{code}.log")
        assert re.match(rf"      \| Error: .*{code}/train: line 1: .*b-per", lines[place + 1])
    assert f"    snakemake {' '.join(call)}" in lines
    assert (workflow.folder / "results/failing/data/bg/test.parquet").exists()
    assert "\nStudy " not in workflow.call("--dry-run", *call).stdout
