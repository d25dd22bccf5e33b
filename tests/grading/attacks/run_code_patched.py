"""Replaces `run_code`, deep inside IPython: code that uses an exercise's function is not run.

With stock nbgrader this earns exercises 2 to 4.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
shell = get_ipython()
run_code = shell.run_code

async def skip(code, *a, **k):
    defines = any(hasattr(value, "co_name") for value in code.co_consts)
    if {"answer", "standardise", "counts", "given", "y", "right"} & set(code.co_names) and not defines:
        return False
    return await run_code(code, *a, **k)

shell.run_code = skip
"""
AFTER = {"setup": [CODE]}
