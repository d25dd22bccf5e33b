"""Write `exercises/` from `solutions/` with nbgrader: `python -m utils.grading.release` (or `make exercises`)."""

import argparse
import filecmp
import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from utils.grading import assignments


class TrimMetadata(NbGraderPreprocessor):
    """Leave out what JupyterLab notes about the author's machine, so that a release depends on the source alone."""

    def preprocess(self, nb, resources):
        kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
        nb.metadata = type(nb.metadata)(kernelspec=kernel, language_info={"name": "python"})
        for cell in nb.cells:
            for key in set(cell.metadata) - {"nbgrader", "deletable", "editable", "tags"}:
                del cell.metadata[key]
        return nb, resources


PREPROCESSORS = [*GenerateAssignment.preprocessors.default(), TrimMetadata]  # nbgrader_config.py uses them too


def release(target: Path | None = None, root: Path | None = None, only: Sequence[str] = ()) -> list[Path]:
    """Release the assignments in `solutions/`, without a gradebook, and return the files that changed.

    Two runs give the same bytes, on every system, and so does `nbgrader generate_assignment`, which on Windows only has
    other line ends. Files in `target` that no assignment has any more are left where they are.

    Args:
        target: the folder to write to, `exercises/` by default.
        root: the folder that holds `solutions/`, the project's by default.
        only: the assignments to release, as `assignments.find` takes them; by default all.

    Raises:
        LookupError: one of them does not exist.
        nbgrader.converters.NbGraderException: a source notebook is not fit for release; the log says why.
    """
    root = root or assignments.ROOT
    target = target or root / "exercises"
    chosen = [assignments.find(which, root) for which in only] or assignments.with_source(root)
    changed = []
    with tempfile.TemporaryDirectory() as folder:
        for assignment in chosen:
            _generate(assignment.name, root, Path(folder))
        for fresh in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
            path = target / fresh.relative_to(folder)
            if fresh.suffix == ".ipynb":  # on Windows nbconvert ends lines with "\r\n"
                fresh.write_bytes(fresh.read_bytes().replace(b"\r\n", b"\n"))
            if not (path.exists() and filecmp.cmp(fresh, path, shallow=False)):
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(fresh, path)
                changed.append(path)
    return changed


def _generate(name: str, root: Path, folder: Path) -> None:
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.release_directory = str(folder)
    config.CourseDirectory.assignment_id = name
    config.GenerateAssignment.no_database = True
    config.GenerateAssignment.preprocessors = PREPROCESSORS
    config.SaveCells.enabled = False
    logger = logging.getLogger("nbgrader.release")
    logger.setLevel(logging.ERROR)
    course = CourseDirectory(config=config, log=logger)
    GenerateAssignment(coursedir=course, config=config, log=logger).start()


def main() -> None:
    parser = argparse.ArgumentParser(description="Write exercises/ from solutions/ with nbgrader.")
    parser.add_argument("assignment", nargs="*", help="which ones, such as 02; by default all")
    only = parser.parse_args().assignment
    try:
        changed = release(only=only)
    except LookupError as error:
        parser.error(str(error))
    for path in changed:
        print(f"changed  {path.relative_to(assignments.ROOT)}")
    files = "1 file" if len(changed) == 1 else f"{len(changed) or 'no'} files"
    print(f"Released {', '.join(only) or 'all'}: {files} changed.")


if __name__ == "__main__":
    main()
