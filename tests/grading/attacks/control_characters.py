"""Writes null bytes and control characters into texts and outputs, at which XML and terminals stumble."""

SCORE = 4
FLAGS = set()
ANSWERS = {"ex5-why": "a \x07 b \x1b[2J\x1b]0;title\x07 c \x08\x08 d \x7f"}
AFTER = {"ex1-double-test-2": [r"print('\x00\x1b[2J\x1b[31m', '\x08' * 1000, '\r' * 1000)"]}
