"""Adds 5000 small files and a folder 200 levels deep."""

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"oversize"}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "many").mkdir()
    for number in range(5000):
        (folder / "many" / f"{number}.txt").touch()
    folder.joinpath(*["deep"] * 200).mkdir(parents=True)
