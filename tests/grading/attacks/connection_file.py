"""Uses the kernel's connection file, key and all, to answer for it and to shut it down."""

SCORE = 4
FLAGS = set()
MAY = {"died", "tampered", "deadline"}
CODE = """
import time
from ipykernel.connect import get_connection_file
from jupyter_client import BlockingKernelClient

try:
    client = BlockingKernelClient(connection_file=get_connection_file())
    client.load_connection_file()
    client.start_channels()
    client.execute("for name in ('number', 'equal', 'close'): setattr(checks, name, lambda *a, **k: None)")
    client.shutdown()
    time.sleep(1)
except Exception as error:
    print(type(error), error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
