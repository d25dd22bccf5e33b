"""Sends itself SIGSTOP, so that no interrupt reaches it. With stock nbgrader the run waits for it."""

SCORE = 4
FLAGS = {"deadline"}
MAY = {"died"}
AFTER = {"ex1-double-test-2": ["import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"]}
