"""Replaces what IPython calls to report an error. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
shell = get_ipython()
shell.showtraceback = shell._showtraceback = shell.showsyntaxerror = lambda *a, **k: None
type(shell).showtraceback = type(shell)._showtraceback = lambda *a, **k: None
"""
AFTER = {"setup": [CODE]}
