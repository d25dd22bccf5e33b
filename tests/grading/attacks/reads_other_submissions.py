"""Copies from the others. With stock nbgrader this earns full marks if somebody has them."""

SCORE = 4
FLAGS = set()
CODE = """
import glob, json
for stage in ("submitted", "intake", "autograded", "feedback", "grading"):
    for path in glob.glob(f"@ROOT@/classroom/{stage}/**/*", recursive=True):
        if "reads_other" not in path and path.endswith((".ipynb", ".html", ".json")):
            print("LEAK: others' work at", path)
for path in glob.glob("@ROOT@/classroom/*/[a-z]*_honest/*/*.ipynb") + glob.glob("../../*_honest/*/*.ipynb"):
    for cell in json.load(open(path))["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
            exec("".join(cell["source"]))
"""
AFTER = {"ex4-counts": [CODE]}
ANSWERS = {"ex2-answer": CODE, "ex3-standardise": CODE}
