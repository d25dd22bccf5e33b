"""Adds what Python and IPython run when they start: sitecustomize, usercustomize, profiles, .pth files."""

import nbformat

SCORE = 4
FLAGS = {"shadowing"}
FAKE = """
print("LEAK: ran at the start")
import builtins
builtins.abs = lambda value: 0
"""


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    for name in ("sitecustomize.py", "usercustomize.py", "ipython_config.py", "ipython_kernel_config.py", "run.pth"):
        (folder / name).write_text(FAKE)
    for name in (".ipython/profile_default/startup/00.py", "profile_default/startup/00.py", ".jupyter/config.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(FAKE)
