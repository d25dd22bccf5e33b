"""Replaces `run_cell`, so that no test runs any more. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = {"tampered"}
CODE = """
from IPython.core.interactiveshell import ExecutionResult

shell = get_ipython()
run_cell, run_cell_async = shell.run_cell, shell.run_cell_async

def is_test(source):
    return "assert" in source or "checks." in source

def sync(raw_cell, *a, **k):
    return run_cell("pass" if is_test(raw_cell) else raw_cell, *a, **k)

async def asynchronous(raw_cell, *a, **k):
    k.pop("transformed_cell", None)
    return await run_cell_async("pass" if is_test(raw_cell) else raw_cell, *a, transformed_cell="pass", **k)

shell.run_cell, shell.run_cell_async = sync, asynchronous
"""
AFTER = {"setup": [CODE]}
