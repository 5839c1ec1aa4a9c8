"""
The keeper: the small process that starts jobs, waits for them, and outlives the runner.

What happens is written to its journal before anything else is done about it. It imports as
little as it can (`__main__` says how), so that it is small, and so are the jobs it starts.
"""

RESULT = 3  # the descriptor of the file for what a Python function returns
