"""Which jobs a study still has to do, by a dry run of Snakemake."""

import os
import re
import subprocess
from collections import Counter

from ner_pruning.terms import Run

RUN_RULES = ("finetune", "predict")
"""Their jobs are estimated one by one; of all others only the start counts."""

JOB = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", re.MULTILINE)
WILDCARD = re.compile(r"(\w+)=([^,\n]+)")


def planned_jobs(
    python: str | os.PathLike, snakefile: str | os.PathLike, config_path: str | os.PathLike, *options: str
) -> Counter[str | tuple[str, Run]]:
    """Return how many jobs of each rule snakemake would run; those of RUN_RULES by (rule, run).

    python: that has snakemake. config_path: of the whole config, which no other is laid on or under.
    Raises RuntimeError with what snakemake printed last when its dry run fails.
    """
    command = [str(python), "-m", "snakemake", "--snakefile", str(snakefile), "--configfile", str(config_path)]
    command += ["--replace-workflow-config", "--dry-run", "--nolock", *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise RuntimeError(f"the dry run failed: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
    jobs = Counter()
    for rule, block in JOB.findall(done.stdout):
        wildcards = re.search(r"^    wildcards: (.*)$", block, re.MULTILINE)
        values = dict(WILDCARD.findall(wildcards[1])) if wildcards else {}
        run = Run(values["training_set"], values["variant"], int(values["seed"])) if rule in RUN_RULES else None
        jobs[(rule, run) if run else rule] += 1
    del jobs["all"]  # names what is asked for
    return jobs
