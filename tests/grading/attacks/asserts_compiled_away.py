"""Patches `compile` of IPython's compiler, so that asserts are compiled away as with `python -O`.

With stock nbgrader this earns the points of bare asserts.
"""

SCORE = 4
FLAGS = {"tampered"}
CODE = """
import codeop, types

compiler = type(get_ipython().compile)

def call(self, codeob, filename, symbol):
    return compile(codeob, filename, symbol, self.flags | 0x0, dont_inherit=True, optimize=1)

compiler.__call__ = call
import torch.testing
torch.testing.assert_close = lambda *a, **k: None
"""
AFTER = {"setup": [CODE]}
