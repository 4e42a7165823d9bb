"""What every job needs and no rule runs: logs, locks of GPUs, and what a call of Snakemake ends with.

Nothing here changes a result, so a change here makes none stale.
"""

import gc
import sys

if hasattr(sys.modules["__main__"], "snakemake"):  # a job: this is the first of what it imports
    gc.disable()  # until `logs.log_to`: imports make no garbage, and to look for it is an eighth of their time
