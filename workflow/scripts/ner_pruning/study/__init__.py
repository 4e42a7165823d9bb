"""The definition of a study: its config, its grid of runs, its languages, and the resources that its jobs request.

The workflow imports this room while it plans, so nothing in it imports a heavy library.
"""
