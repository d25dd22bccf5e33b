"""Puts another module in the place of `utils.checks`, for all who import it later and for the notebook.

With stock nbgrader this earns exercise 2.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
import sys, types, utils

fake = types.ModuleType("utils.checks")
fake.READY_MADE = checks.READY_MADE
for name in ("equal", "close", "shape", "number", "raises"):
    setattr(fake, name, lambda *a, **k: None)
sys.modules["utils.checks"] = utils.checks = checks = fake
"""
AFTER = {"setup": [CODE]}
