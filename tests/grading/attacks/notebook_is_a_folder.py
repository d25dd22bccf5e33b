"""Hands in a folder with the notebook's name."""

SCORE = 0
FLAGS = set()
MAY = {"missing", "unreadable", "link"}


def submit(folder, notebook):
    (folder / "08_attacked.ipynb").mkdir()
    (folder / "08_attacked.ipynb" / "08_attacked.ipynb").write_text("{}")
