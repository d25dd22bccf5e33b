"""Replaces the kernel's own way of reporting: results and replies of test cells are forged, everything else is real.

No promise: whatever runs in the same process as the tests can imitate their success, if its author knows the grader
well enough. What the course promises is that nobody else is harmed. With stock nbgrader this earns full marks.
"""

SCORE = None
FLAGS = set()
MAY = {"tampered", "died", "deadline"}
CODE = """
kernel = get_ipython().kernel
original = kernel.do_execute

async def forged(code, silent, *a, **k):
    if any(f"{name}(" in code for name in ("answer", "standardise", "counts")) and "def " not in code:
        kernel.shell.execution_count += 1
        return {"status": "ok", "execution_count": kernel.shell.execution_count, "payload": [], "user_expressions": {}}
    return await original(code, silent, *a, **k)

kernel.do_execute = forged
"""
AFTER = {"ex1-double-test-2": [CODE]}
