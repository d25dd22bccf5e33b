"""Makes the links while it is graded, hoping that somebody follows or overwrites them afterwards."""

SCORE = 4
FLAGS = set()
CODE = """
import os
for name, target in (("08_attacked.ipynb", "@ROOT@/solutions/08_attacked/08_attacked.ipynb"),
                     ("data.csv", "@ROOT@/classroom/gradebook.db"), ("out", "@ROOT@")):
    try:
        if os.path.lexists(name):
            os.remove(name)
        os.symlink(target, name)
        open(name).close()
        print("LEAK: can open", target)
    except OSError as error:
        print(error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
