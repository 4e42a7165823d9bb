"""Figures, each a pure function of a frame of `statistics`.

`style` has what they share: colours, sizes, panels, and how files are saved.
"""
