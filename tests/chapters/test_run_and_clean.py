"""`make chapters`: run, clean, and write only what may be committed."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output
from notebooks_on_disk import SOLUTIONS, code, name, text, write

from utils import notebooks

WIDGET = notebooks.WIDGET


def read(path):
    return nbformat.read(path, as_version=4)


def cleaned(*outputs):
    """Return the outputs that cleaning leaves of these."""
    nb = nbformat.v4.new_notebook(cells=[new_code_cell("1", outputs=list(outputs))])
    return notebooks.clean(nb).cells[0].outputs


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def test_widget_keeps_its_picture_and_loses_its_view():
    view = {WIDGET: {"model_id": "1"}, "image/png": "iVBORw0KGgo=", "text/plain": "PatchExplorer"}
    (output,) = cleaned(new_output("display_data", data=view, metadata={"image/png": {"alt": "a cat"}}))
    assert output.data == {"image/png": "iVBORw0KGgo=", "text/plain": "PatchExplorer"}
    assert output.metadata["image/png"].alt == "a cat"


def test_picture_without_a_text_is_kept():
    (output,) = cleaned(new_output("display_data", data={WIDGET: {}, "image/png": "iVBORw0KGgo="}))
    assert output.data == {"image/png": "iVBORw0KGgo="}


def test_widget_without_a_picture_is_dropped():
    assert cleaned(new_output("display_data", data={WIDGET: {}, "text/plain": "  0%|   | 0/8 [00:00<?, ?it/s]"})) == []


@pytest.mark.parametrize(
    "text", ["\r  0%|          | 0/3 [00:00<?, ?it/s]\rtrain: 100%|███| 3/3 [00:01<00:00,  2.5it/s]\n", "\r\n"]
)
def test_progress_bars_on_stderr_are_dropped(text):
    assert cleaned(stream(text, "stderr")) == []


@pytest.mark.parametrize("output", [stream("100%|███| 3/3 [x]"), stream("100%|█| 3/3 [x]\ncareful", "stderr")])
def test_other_output_is_kept(output):
    assert cleaned(output) == [output]


def test_metadata_of_one_run_is_dropped_and_the_rest_kept():
    cell = new_code_cell("1", id="predict-02", metadata={"execution": {"a": "b"}, "tags": ["x"], "scrolled": True})
    kernel = {"name": "venv", "display_name": "mine"}
    language = {"name": "python", "version": "3.11.2", "pygments_lexer": "ipython3"}
    metadata = {"widgets": {"state": {}}, "jupytext": {}, "language_info": language, "kernelspec": kernel}
    nb = notebooks.clean(nbformat.v4.new_notebook(cells=[cell], metadata=metadata))
    assert nb.metadata == {
        "language_info": {"name": "python", "pygments_lexer": "ipython3"},
        "kernelspec": notebooks.KERNEL,
    }
    assert nb.cells[0].metadata == {"tags": ["x"]}
    assert nb.cells[0].id == "predict-02"


def test_cleaning_leaves_its_argument_alone():
    nb = nbformat.v4.new_notebook(metadata={"widgets": {}})
    notebooks.clean(nb)
    assert "widgets" in nb.metadata


@pytest.mark.parametrize(
    "path", ["/home/ada/x", "/Users/ada", "/root/a.py", "/tmp/x", "/work/a", r"C:\Users\ada", "D:\\x"]
)
def test_machine_paths_are_found(path):
    assert notebooks.MACHINE_PATH.search(f"File {path!s}, line 1") and notebooks.MACHINE_PATH.match(path)


@pytest.mark.parametrize(
    "text", ["work/02_x.ipynb", "https://x.org/home/a", "3/4", "../work/a", "~/work", "a /worker", "T: x"]
)
def test_other_text_is_no_machine_path(text):
    assert not notebooks.MACHINE_PATH.search(text)


def test_check_runs_nothing_and_names_what_is_wrong(tmp_path, capsys):
    good = write(tmp_path / "good.ipynb", text("hello"), code("raise ValueError", [stream("fine")]))
    leaky = write(tmp_path / "leaky.ipynb", code("where()", [stream("/home/ada/x")]))
    assert notebooks.main(["--check", str(good)]) == 0
    assert notebooks.main(["--check", str(leaky), str(good)]) == 1
    shown = capsys.readouterr()
    assert "cell 1 `where()`: shows the path /home/ada/x of this machine" in shown.err
    assert shown.out.count("good.ipynb: clean") == 2


def test_check_finds_what_was_not_cleaned(tmp_path, capsys):
    view = new_output("display_data", data={WIDGET: {}, "image/png": "iVBORw0KGgo="})
    assert notebooks.main(["--check", str(write(tmp_path / "a.ipynb", code("1", [view])))]) == 1
    assert "run `make chapters`" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "not a notebook", "{}", "[]", '{"nbformat": 4, "nbformat_minor": 5}'])
def test_files_that_are_no_notebooks_get_one_line(tmp_path, capsys, content):
    path = tmp_path / "x.ipynb"
    if content:
        path.write_text(content)
    assert notebooks.main([str(path)]) == 1
    error = capsys.readouterr().err
    assert "x.ipynb" in error and len(error.splitlines()) == 1


def in_solutions(tmp_path, nb):
    path = tmp_path / "solutions" / "02_x" / "02_x.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(nbformat.writes(nb), encoding="utf-8")
    return path


@pytest.mark.parametrize("source", SOLUTIONS, ids=name)
def test_assignment_saved_by_jupyterlab_comes_back_as_it_is_committed(tmp_path, capsys, source):
    nb = read(source)
    nb.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "venv"},
        "language_info": {"name": "python", "version": "3.11.2", "pygments_lexer": "ipython3"},
        "widgets": {},
    }
    for number, cell in enumerate(nb.cells):
        cell.id = f"{number:08x}"
        cell.metadata |= {"editable": True, "slideshow": {"slide_type": ""}, "tags": []}
        if cell.cell_type == "code":
            cell.update(execution_count=number, outputs=[stream("seen")])
    path = in_solutions(tmp_path, nb)
    assert notebooks.main(["--check", str(path)]) == 1
    assert f"run `python -m utils.notebooks {path.as_posix()}`" in capsys.readouterr().err
    assert notebooks.main([str(path)]) == 0
    assert path.read_bytes() == source.read_bytes()
    assert notebooks.main(["--check", str(path)]) == 0


def test_assignment_with_a_copied_grade_id_is_left_as_it_was(tmp_path, capsys):
    cells = [code("1 / 0"), code("1 / 0"), text("no grade_id")]
    for cell in cells[:2]:
        cell.metadata.nbgrader = {"grade_id": "ex1-copied"}
    path = in_solutions(tmp_path, nbformat.v4.new_notebook(cells=cells))
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    assert "2 cells have the grade_id 'ex1-copied'" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.slow
def test_run_keeps_outputs_ids_and_order(tmp_path, capsys):
    progress = "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)):\n    pass\nprint('done')"
    cells = [text("# Hello"), code(progress, count=None), code("import os\nprint(os.listdir())", count=None)]
    cells[1].id = "progress-01"
    path = write(tmp_path / "a.ipynb", *cells)
    assert notebooks.main([str(path)]) == 0
    nb = read(path)
    assert [cell.get("execution_count") for cell in nb.cells] == [None, 1, 2]
    assert nb.cells[1].id == "progress-01"
    assert [output.text for output in nb.cells[1].outputs] == ["done\n"]
    assert "a.ipynb" in nb.cells[2].outputs[0].text  # it ran in its own folder
    assert nb == notebooks.clean(nb)
    assert "a.ipynb: " in capsys.readouterr().out
    assert [file.name for file in tmp_path.iterdir()] == ["a.ipynb"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "source, message",
    [
        ("x = 1\n1 / 0", "a.ipynb, cell 2 `x = 1`: ZeroDivisionError: division by zero"),
        ("print('/home/ada/x')", "cell 2 `print('/home/ada/x')`: shows the path /home/ada/x of this machine"),
        ("import warnings; warnings.warn('old')", "wrote to stderr"),
        ("import os; os._exit(1)", "a.ipynb, cell 2 `import os; os._exit(1)`"),
    ],
)
def test_failing_cell_is_named_and_the_file_left_as_it_was(tmp_path, capsys, source, message):
    path = write(tmp_path / "a.ipynb", text("# Hello"), code(source, count=None))
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    assert message in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.slow
def test_cell_that_takes_too_long_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(notebooks, "CELL_TIMEOUT", 3)
    path = write(tmp_path / "a.ipynb", code("import time; time.sleep(60)", count=None))
    assert notebooks.main([str(path)]) == 1
    assert "`import time; time.sleep(60)`: takes more than 3 seconds." in capsys.readouterr().err


@pytest.mark.slow
def test_kernel_finds_the_commands_of_the_environment_and_a_work_folder_of_its_own(tmp_path):
    source = "import os, shutil\nprint(bool(shutil.which('jupyter')), os.environ['COURSE_WORK'] == os.environ['OUTER'])"
    path = write(tmp_path / "a.ipynb", code(source, count=None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        patch.setenv("COURSE_WORK", str(tmp_path))
        patch.setenv("OUTER", str(tmp_path))
        assert notebooks.main([str(path)]) == 0
    assert read(path).cells[0].outputs[0].text == "True False\n"
