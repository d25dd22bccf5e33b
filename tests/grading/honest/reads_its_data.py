"""Reads files that it handed in, by paths relative to the notebook, and writes others."""

import nbformat

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex2-answer": """
import json, pathlib
import torch

torch.save(torch.ones(3), "weights.pt")

def answer():
    number = json.loads(pathlib.Path("data/numbers.json").read_text())["answer"]
    return number * int(torch.load("weights.pt")[0])
"""
}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "data").mkdir()
    (folder / "data" / "numbers.json").write_text('{"answer": 42}')
    (folder / ".ipynb_checkpoints").mkdir()
    nbformat.write(notebook, folder / ".ipynb_checkpoints" / "08_attacked-checkpoint.ipynb")
