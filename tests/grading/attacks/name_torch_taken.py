"""Uses the name `torch` for a thing with an `assert_close` of its own. With stock nbgrader this earns exercise 3."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {
    "ex3-standardise": """
import types, torch as real

class Fake(types.ModuleType):
    testing = types.SimpleNamespace(assert_close=lambda *a, **k: None)
    allclose = staticmethod(lambda *a, **k: True)
    def __getattr__(self, name):
        return getattr(real, name)

torch = Fake("torch")

def standardise(x):
    return x
"""
}
