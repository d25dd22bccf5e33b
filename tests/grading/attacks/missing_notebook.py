"""Hands in a folder without a notebook."""

SCORE = 0
FLAGS = {"missing"}


def submit(folder, notebook):
    (folder / "notes.txt").write_text("My dog ate it.")
