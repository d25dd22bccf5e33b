"""Adds modules in other forms: a compiled one, an extension, a package without __init__.py."""

import importlib.util
import marshal

import nbformat

SCORE = 4
FLAGS = {"shadowing"}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    code = marshal.dumps(compile('print("LEAK: this is not torch")', "torch.py", "exec"))
    (folder / "torch.pyc").write_bytes(importlib.util.MAGIC_NUMBER + bytes(12) + code)
    (folder / "utils.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    (folder / "torch.abi3.so").write_bytes(b"\x7fELF")
