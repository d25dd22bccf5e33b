"""Raises SystemExit when tested, about which IPython only warns, and silences the warning.

With stock nbgrader this earns nothing: the kernel reports a SystemExit as an error all the same.
"""

SCORE = 4
FLAGS = set()
MAY = {"died", "tampered"}
QUIET = "import sys, warnings\nwarnings.warn = lambda *a, **k: None\nwarnings.simplefilter('ignore')\n\n"
ANSWERS = {
    "ex2-answer": QUIET + "def answer():\n    sys.exit(0)",
    "ex3-standardise": QUIET + "def standardise(x):\n    sys.exit(0)",
    "ex4-counts": QUIET + "def counts():\n    sys.exit(0)",
}
