"""Adds files whose names mean something to a careless program: parents, options, commands, line ends."""

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"link", "oversize", "shadowing", "unreadable"}
NAMES = (
    "..%2f..%2fevil.txt",
    "..\\..\\evil.txt",
    "...",
    "-rf",
    "--help",
    "$(touch evil)",
    "a\nb.txt",
    "a\tb 'quoted' \"too\".txt",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe",
    "é" * 100,
    "C:evil.txt",
    "nul",
)


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    for name in NAMES:
        (folder / name).write_text("hello")
