"""Hands in an empty file."""

SCORE = 0
FLAGS = {"unreadable"}


def submit(folder, notebook):
    (folder / "08_attacked.ipynb").touch()
