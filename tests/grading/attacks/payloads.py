"""Asks the front end for things: set the next cell's text, open a pager, end the kernel."""

SCORE = 4
FLAGS = set()
MAY = {"died"}
CODE = """
shell = get_ipython()
shell.set_next_input("pass", replace=True)
shell.payload_manager.write_payload({"source": "ask_exit", "keepkernel": False})
shell.payload_manager.write_payload({"source": "page", "data": {"text/plain": "2.0"}, "start": 0})
"""
AFTER = {"ex1-double-test-2": [CODE]}
