"""Was worked on in VS Code, whose kernel has the name of an environment."""

import nbformat

SCORE = 10
FLAGS = set()


def submit(folder, notebook):
    notebook.metadata.kernelspec = {"name": ".venv", "display_name": ".venv (3.12.3)", "language": "python"}
    notebook.metadata.language_info = {"name": "python", "version": "3.12.3", "file_extension": ".py"}
    notebook.metadata.vscode = {"interpreter": {"hash": "31f2aee4e71d21fbe5cf8b01ff0e069b"}}
    for cell in notebook.cells:
        cell.metadata.vscode = {"languageId": "python" if cell.cell_type == "code" else "markdown"}
    nbformat.write(notebook, folder / "08_attacked.ipynb")
