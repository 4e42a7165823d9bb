"""Predicted tags against gold: F1, chance floors, the table of all scores, and the diagnosis of scores near chance.

Predictions carry digests of the sentences that they were made for, and are scored only against those sentences.
"""
