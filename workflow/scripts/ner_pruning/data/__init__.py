"""Sentences: read from their sources, perturbed, described, tokenized, and stored.

Mentions and tags are defined here, once for all rooms.
"""
