"""The command line: the function's own actions, run from a laptop with a profile."""
