"""What every job needs and no rule runs: logs, locks of GPUs, and what a call of Snakemake ends with.

Nothing here changes a result, so a change here makes none stale.
"""
