"""What the scores say and how sure that is: means, differences, fractions and correlations, with intervals.

Bootstrap replicates stand for other test sentences and other seeds.
"""
