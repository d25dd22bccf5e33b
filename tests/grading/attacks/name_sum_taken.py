"""Takes the names of builtins that the tests call. With stock nbgrader this earns exercise 4."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {
    "ex4-counts": """
def counts():
    return [0, 0, 0, 0]

def sum(values):
    return 4

def int(value):
    return [256, 64, 16, 4]
"""
}
