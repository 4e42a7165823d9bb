"""Figures, each a pure function of a frame of `statistics`.

`style` has the parts that they share: colours, sizes, panels, and how files are saved.
"""
