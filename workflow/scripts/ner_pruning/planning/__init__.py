"""What a study will cost before it starts, measured on this machine.

The one room that runs Snakemake, for dry runs.
"""
