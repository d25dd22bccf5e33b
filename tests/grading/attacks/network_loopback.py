"""Calls a server on 127.0.0.1, such as somebody's Jupyter or database."""

SCORE = 4
FLAGS = set()
CODE = """
import socket
for address in (("127.0.0.1", @PORT@), ("localhost", @PORT@), ("0.0.0.0", @PORT@), (socket.gethostname(), @PORT@)):
    try:
        socket.create_connection(address, timeout=2).sendall(b"hello")
        print("LEAK: connected to", address)
    except OSError as error:
        print(address, error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
