"""Computes a number of 600 million digits, in C, with more and more memory."""

SCORE = 4
FLAGS = set()
MAY = {"deadline", "died"}
AFTER = {"ex1-double-test-2": ["9 ** (9 ** 9 * 2)"]}
