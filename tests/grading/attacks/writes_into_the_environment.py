"""Leaves a file beside the installed packages, where the next Python would find it."""

SCORE = 4
FLAGS = set()
CODE = """
import os, site, sys
for folder in {*site.getsitepackages(), site.getusersitepackages(), sys.prefix, sys.base_prefix, "/etc", "/usr/local"}:
    path = os.path.join(folder, "attacked_by_a_submission.txt")
    try:
        os.makedirs(folder, exist_ok=True)
        open(path, "w").close()
        os.remove(path)
        if not folder.startswith(os.path.expanduser("~")):
            print("LEAK: could write", path)
    except OSError as error:
        print(error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
