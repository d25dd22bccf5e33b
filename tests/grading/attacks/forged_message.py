"""Sends the message `execute_result` itself, below IPython. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
SEND = """
def send(points):
    kernel = get_ipython().kernel
    content = {"data": {"text/plain": str(points)}, "metadata": {}, "execution_count": 1}
    kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=kernel.get_parent())
"""
AFTER = {"setup": [SEND]}
ANSWERS = {
    "ex2-answer": "def answer():\n    send(1.0)\n    return 0",
    "ex3-standardise": "def standardise(x):\n    send(3.0)\n    return x",
    "ex4-counts": "def counts():\n    send(2.0)\n    return [0, 0, 0, 0]",
}
