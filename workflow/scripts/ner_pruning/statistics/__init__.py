"""Statistics of the scores, with intervals: means, differences, fractions and correlations.

Bootstrap replicates stand for other test sentences and other seeds.
"""
