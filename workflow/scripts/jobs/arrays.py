"""Job arrays of SLURM, which its plugin for Snakemake loses jobs with."""

from ner_pruning.files import InputError


def refuse_arrays(executor_settings: object) -> None:
    """Raise InputError where jobs are to be submitted as arrays; executor_settings: those of Snakemake's executor.

    Version 2.8.0 of the plugin submits an array when all jobs of the rule that are ready come to it at once. Snakemake
    brings as many as `jobs` and `max-jobs-per-timespan` allow; jobs that are not all are dropped, and Snakemake waits
    for them for ever. Where some jobs of the workflow are groups, it ends with an error of Python.
    """
    if getattr(executor_settings, "array_jobs", None):
        raise InputError(
            "slurm-array-jobs: the SLURM plugin would never submit some of the jobs, and wait for them for ever; "
            "expected a call without it (docs/operations.md, Arrays and groups)"
        )
