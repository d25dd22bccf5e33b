"""Replaces the code of `utils.checks._fail`, which all checks end in. With stock nbgrader this earns exercise 2."""

SCORE = 4
FLAGS = {"tampered"}
AFTER = {"setup": ["checks._fail.__code__ = (lambda what, problem, hint: None).__code__"]}
