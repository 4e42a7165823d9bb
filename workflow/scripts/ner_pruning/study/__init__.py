"""What a study is: its config, its grid of runs, its languages, and what its jobs ask for.

The workflow imports this room while it plans, so nothing in it imports a heavy library.
"""
