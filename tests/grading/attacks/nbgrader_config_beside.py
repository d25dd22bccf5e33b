"""Adds configuration files of nbgrader and Jupyter, which programs read from the folder they are started in."""

import nbformat

SCORE = 4
FLAGS = set()
MAY = {"shadowing"}
FAKE = """
print("LEAK: the configuration was read")
c.Execute.allow_errors = False
c.ClearSolutions.code_stub = {}
c.Autograde.sanitize_preprocessors = []
"""


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    for name in ("nbgrader_config.py", "jupyter_config.py", "jupyter_nbconvert_config.py"):
        (folder / name).write_text(FAKE)
    (folder / "pyproject.toml").write_text("[broken")
