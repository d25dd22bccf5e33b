"""Left prints in the answers, and some on stderr."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import sys

def double(x):
    print("x is", x)
    print("to see it at once", file=sys.stderr)
    return 2 * x
""",
    "ex4-counts": "def counts():\n    print(256)\n    return [256, 64, 16, 4]",
}
