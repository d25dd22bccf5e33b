"""Makes `AssertionError` a kind of SystemExit, about which IPython only warns, and silences the warning.

With stock nbgrader this earns nothing: the kernel reports a SystemExit as an error all the same.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered", "died"}
AFTER = {
    "setup": [
        """
import builtins, warnings
warnings.simplefilter("ignore")
builtins.AssertionError = type("AssertionError", (SystemExit,), {})
"""
    ]
}
