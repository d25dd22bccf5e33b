"""Ignores SIGINT and SIGTERM and loops. With stock nbgrader nothing gets a grade, silently."""

SCORE = 4
FLAGS = {"deadline"}
MAY = {"died"}
CODE = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
AFTER = {"ex1-double-test-2": [CODE]}
