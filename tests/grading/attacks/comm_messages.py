"""Opens widgets' channels by hand and floods them. Not an output, so only the grader's memory is at risk."""

SCORE = 4
FLAGS = set()
MAY = {"output", "deadline", "died"}
CODE = """
from comm import create_comm
for number in range(2000):
    data = {"state": {"outputs": "x" * 10_000}, "buffer_paths": []}
    create_comm(target_name="jupyter.widget", data=data, metadata={"version": "2.1.0"}).send(data)
"""
AFTER = {"ex1-double-test-2": [CODE]}
