"""Hands in a named pipe in place of a notebook. With stock nbgrader the run waits for ever."""

import os

SCORE = 0
FLAGS = {"link"}
MAY = {"missing", "unreadable"}


def submit(folder, notebook):
    os.mkfifo(folder / "08_attacked.ipynb")
