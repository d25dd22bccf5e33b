"""Changes the course's own files, its compiled files and its configuration, for all who are graded later."""

SCORE = 4
FLAGS = set()
CODE = """
import pathlib, utils
own = pathlib.Path(utils.__file__).parent
cached = sorted(own.glob("__pycache__/*.pyc"))
for path in (own / "attacked.py", own / "checks.py", *cached, pathlib.Path("@ROOT@/nbgrader_config.py"),
             pathlib.Path("@ROOT@/solutions/08_attacked/attacked.txt"), pathlib.Path("@ROOT@/classroom/attacked.txt"),
             pathlib.Path("@ROOT@/classroom/submitted/zzz_honest/08_attacked/attacked.txt")):
    try:
        with open(path, "ab") as file:
            file.write(b"")  # opening it for writing is proof enough
        print("LEAK: could write", path)
    except OSError as error:
        print(error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
