"""Takes memory in small pieces until there is no more, and keeps it. Never run it without a sandbox."""

SCORE = 4
FLAGS = set()
MAY = {"died", "deadline"}
CODE = """
hoard = []
while True:
    try:
        hoard.append(bytearray(b"x" * 2**24))
    except MemoryError:
        if len(hoard) > 10**4:
            break
"""
AFTER = {"ex1-double-test-2": [CODE]}
