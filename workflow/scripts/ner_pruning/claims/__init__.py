"""The paper's claims, what a study's scores say about each, and the verdict.

The same statistics give the paper's own values from its printed scores.
"""
