"""Adds a file whose name is no text in UTF-8."""

import os

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"link", "unreadable"}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    with open(os.fsencode(folder) + b"/caf\xe9.txt", "w") as file:
        file.write("hello")
