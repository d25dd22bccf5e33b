"""Was worked on in Google Colab, which writes metadata of its own and its own kernel's name."""

import nbformat

SCORE = 10
FLAGS = set()


def submit(folder, notebook):
    notebook.metadata.update(
        {
            "colab": {"provenance": [], "gpuType": "T4", "toc_visible": True},
            "accelerator": "GPU",
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat_minor = 0
    for number, cell in enumerate(notebook.cells):
        del cell["id"]
        cell.metadata.update({"id": f"aB{number}", "outputId": "0-1", "colab": {"base_uri": "https://localhost:8080/"}})
    (folder / "08_attacked.ipynb").write_text(nbformat.writes(notebook))
