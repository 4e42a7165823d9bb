"""Tables and model cards: the text of their cells, titles and notes.

Numbers are computed in `statistics` and `claims`; this room only formats them.
"""
