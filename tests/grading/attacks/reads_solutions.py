"""Takes the answers from `solutions/` and uses them. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = set()
CODE = """
import glob, json
for path in glob.glob("@ROOT@/solutions/**/*.ipynb", recursive=True) + glob.glob("/**/solutions/*/08*.ipynb"):
    try:
        cells = json.load(open(path))["cells"]
    except OSError:
        continue
    print("LEAK: solutions at", path)
    for cell in cells:
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
            exec("".join(cell["source"]))
"""
AFTER = {"ex4-counts": [CODE]}
ANSWERS = {"ex2-answer": CODE, "ex3-standardise": CODE}
