"""Writes in many alphabets, in names, comments, outputs and files."""

import nbformat

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
def удвоить(λ):  # 二倍 — ×2 ✓
    return 2 * λ

def double(x):
    print('日本語 é ß 🙂')
    return удвоить(x)
""",
    "ex5-why": "Weil jeder Flicken ein „Token“ ist: 每个图块都是一个词元 🙂.",
}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    (folder / "Zusätze – 数据.txt").write_text("é", encoding="utf-8")
