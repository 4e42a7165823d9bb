"""The study's library. No room but `planning` knows Snakemake.

A room imports only rooms before it, in the order of the data's way: the modules of this folder, then `study`, `data`,
`training`, `scoring`, `statistics`, `claims`, `report`, `figures`, `planning`.
"""
