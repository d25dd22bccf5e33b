"""Writes HTML and JavaScript into an answer in words and into texts of its own."""

import nbformat
from nbformat.v4 import new_markdown_cell, new_raw_cell

SCORE = 4
FLAGS = set()
TEXT = """
<script>attacked()</script> <img src=x onerror="attacked()"> <svg onload="attacked()">
<style>body {display: none}</style>

[click](javascript:attacked()) <a href="java&#115;cript:attacked()">click</a> ![x](x" onerror="attacked())

<details open ontoggle="attacked()"><summary>more</summary></details> <iframe srcdoc="<script>attacked()</script>">
</textarea></pre></div><script>attacked()</script> $\\href{javascript:attacked()}{x}$
"""
ANSWERS = {"ex5-why": TEXT}


def submit(folder, notebook):
    notebook.metadata.title = "</title><script>attacked()</script>"
    notebook.metadata.authors = [{"name": "<script>attacked()</script>"}]
    raw = new_raw_cell("<script>attacked()</script>", metadata={"format": "text/html", "raw_mimetype": "text/html"})
    notebook.cells += [new_markdown_cell(TEXT), raw]
    nbformat.write(notebook, folder / "08_attacked.ipynb")
