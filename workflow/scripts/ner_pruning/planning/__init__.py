"""The forecast of a study's cost before it starts, from measurements on this machine.

This is the only room that runs Snakemake, for dry runs.
"""
