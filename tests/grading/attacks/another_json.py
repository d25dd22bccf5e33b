"""Hands in JSON that is no notebook."""

SCORE = 0
FLAGS = {"unreadable"}


def submit(folder, notebook):
    (folder / "08_attacked.ipynb").write_text('[{"cells": 1}, null, 1e999]')
