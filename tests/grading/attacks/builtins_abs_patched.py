"""Replaces `builtins.abs`, so that every number is close to every other. With stock nbgrader this earns exercise 2."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
AFTER = {"ex2-answer": ["import builtins\nbuiltins.abs = lambda value: 0"]}
