"""The paper's claims: the statistics of a study's scores that test them, and the verdicts.

The same statistics, computed from the paper's printed scores, give its own values.
"""
