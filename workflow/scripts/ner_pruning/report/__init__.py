"""Tables and model cards: what stands in their cells, titles and notes.

Numbers are computed in `statistics` and `claims`, and only set here.
"""
