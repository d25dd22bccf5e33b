"""Makes `isinstance` say yes and `tuple` make all shapes alike. With stock nbgrader this breaks more than it earns."""

SCORE = 4
FLAGS = set()
MAY = {"tampered", "died", "deadline"}
AFTER = {
    "ex1-double-test-2": [
        """
import builtins, sys
original = builtins.isinstance

def isinstance_(value, kind):
    return True if "checks" in sys._getframe(1).f_code.co_filename else original(value, kind)

builtins.isinstance = isinstance_
checks.tuple = lambda values: ()
checks.float = lambda value: 42
"""
    ]
}
