"""What every job needs and no rule runs: logs, locks of GPUs, and what a call of Snakemake ends with.

Nothing here changes a result, so a change here makes none stale.
"""

import gc
import sys


def is_job() -> bool:
    """Return whether this process runs the script of a rule, into which Snakemake puts an object of its own name."""
    return hasattr(sys.modules["__main__"], "snakemake")


if is_job():  # this is the first of what it imports
    gc.disable()  # until `logs.log_to`: imports make no garbage, and to look for it is an eighth of their time
