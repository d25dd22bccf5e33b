"""Tells the grader that the cell is done before its error is sent, so that nobody waits for the error.

With stock nbgrader this earns full marks.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered", "died"}
SEND = """
def finish():
    kernel = get_ipython().kernel
    parent = kernel.get_parent()
    reply = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
    kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent=parent)
    ident = getattr(kernel, "_parent_ident", {}).get("shell", b"")
    kernel.session.send(kernel.shell_stream, "execute_reply", reply, parent=parent, ident=ident)
    import time
    time.sleep(0.5)
"""
AFTER = {"setup": [SEND]}
ANSWERS = {
    "ex2-answer": "def answer():\n    finish()\n    return 0",
    "ex3-standardise": "def standardise(x):\n    finish()\n    return x",
    "ex4-counts": "def counts():\n    finish()\n    return [0, 0, 0, 0]",
}
