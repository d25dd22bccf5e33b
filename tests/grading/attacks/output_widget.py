"""Opens an Output widget around every cell, which takes its errors in. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
import ipywidgets
out = ipywidgets.Output()

def capture(info):
    out.msg_id = get_ipython().kernel.get_parent()["header"]["msg_id"]

get_ipython().events.register("pre_run_cell", capture)
"""
AFTER = {"setup": [CODE]}
