"""Hands in JSON with 200,000 lists in each other, at which a recursive parser gives up or crashes."""

SCORE = 0
FLAGS = {"unreadable"}


def submit(folder, notebook):
    (folder / "08_attacked.ipynb").write_text("[" * 200_000 + "]" * 200_000)
