"""Sentences: they are read from their sources, perturbed, described, tokenized and stored here.

Mentions and tags are also defined here, once for all rooms.
"""
