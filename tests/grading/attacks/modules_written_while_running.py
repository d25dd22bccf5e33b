"""Writes torch.py and utils/ when its cells run, has Python forget the real ones, and imports its own checks.

With stock nbgrader this earns exercise 2.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered", "shadowing"}
CODE = """
import os, sys
os.makedirs("utils", exist_ok=True)
open("utils/__init__.py", "w").close()
with open("utils/checks.py", "w") as file:
    file.write("equal = close = shape = number = raises = lambda *a, **k: None")
with open("torch.py", "w") as file:
    file.write("def __getattr__(name): return lambda *a, **k: 0")
for name in ("utils", "utils.checks"):
    sys.modules.pop(name, None)
sys.path.insert(0, os.getcwd())
from utils import checks
"""
AFTER = {"ex2-answer": [CODE]}
