"""The benchmark of dry runs, on a tiny study, and what keeps planning cheap."""

import re
import subprocess
import sys
from pathlib import Path

import dag
import pytest

ROOT = Path(__file__).parents[2]
TINY = str(ROOT / "studies/tiny.yaml")
NUMBER = r"(\d+(?:\.\d+)?)"
LINE = re.compile(rf"(seconds|cpu-seconds|ratio) dag/(\S+) {NUMBER} \({NUMBER}-{NUMBER}\)")
COUNT_DIGESTS = """
import sys
sys.path.insert(0, "workflow/scripts")
from ner_pruning.study import code_digest as module
from snakemake.cli import main
digest, digested = module.code_digest, []
module.code_digest = lambda script, library: digested.append(script.stem) or digest(script, library)
try:
    main(sys.argv[1:])
finally:
    print("digested:", *digested)
"""


def test_the_benchmark_plans_a_study_a_complete_one_and_ten_times_its_runs():
    command = [sys.executable, ROOT / "benchmarks/dag.py", "--study", TINY, "--repetitions", "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = {name: int(count) for name, count in re.findall(r"^  (\S+): (\d+) jobs", done.stdout, re.MULTILINE)}
    assert list(jobs) == ["dry-run", "nothing-to-do", "ten-times-runs"]
    assert jobs["nothing-to-do"] == 0
    # two runs a seed, each a fine-tuning, a prediction and a scoring
    assert jobs["ten-times-runs"] == jobs["dry-run"] + 9 * 2 * 3
    lines = [LINE.fullmatch(line).groups() for line in done.stdout.splitlines()[4:]]
    measured = [f"{unit} {name}" for name in jobs for unit in ("seconds", "cpu-seconds")]
    assert [f"{unit} {name}" for unit, name, *_ in lines] == [*measured, "ratio ten-times-runs"]
    for _, _, *numbers in lines:
        median, low, high = map(float, numbers)
        assert 0 < low <= median <= high


def test_a_study_that_is_not_complete_is_no_benchmark(tmp_path, monkeypatch):
    monkeypatch.setattr(dag, "complete_study", lambda folder, overlays: None)
    with pytest.raises(SystemExit, match=r"Error: \d\d jobs are left to do"):
        dag.measure(tmp_path, [TINY], 1)


def test_a_process_is_measured_from_its_start_to_its_end(tmp_path):
    program = ("-c", "import sys, time; time.sleep(0.3); print('out'); print(sys.argv[1:], file=sys.stderr)")
    printed, usage = dag.run(tmp_path, program, "a", "b")
    assert set(printed.splitlines()) == {"out", "['a', 'b']"}
    assert usage.seconds > 0.3 > usage.cpu_seconds > 0
    with pytest.raises(SystemExit, match="no such thing"):
        dag.run(tmp_path, ("-c", "raise SystemExit('no such thing')"))


def test_spreads_are_the_median_and_the_range():
    assert dag.spread([12345.6, 0.012345, 1.5]) == "1.5 (0.0123-12346)"


def test_code_is_digested_once_a_rule(workflow):
    """Not once a job: a study has thousands of them."""
    command = [sys.executable, "-c", COUNT_DIGESTS, "--dry-run", "--configfile", TINY]
    done = subprocess.run(command, cwd=workflow.folder, capture_output=True, text=True)
    digested = re.search(r"^digested: (.*)$", done.stdout, re.MULTILINE)[1].split()
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    scripts = set(re.findall(r'"../scripts/(\w+).py"', rules))
    # plan has no output that could be stale; of this study the types are in the config, and it has no other methods
    assert sorted(digested) == sorted(scripts - {"plan", "entity_types", "methods_table"})
