"""The study as a library: each stage of the workflow is a module of pure functions, none of which knows Snakemake."""
