"""Prints the source of the test in other letters: backwards, as hexadecimal digits, in base 64, spaced, rotated.

A filter that looks for the words does not see it. With stock nbgrader the feedback shows it.
"""

SCORE = 4
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import base64, codecs, linecache, sys

def double(x):
    source = "".join(linecache.getlines(sys._getframe(1).f_code.co_filename))
    print(source[::-1])
    print(source.encode().hex())
    print(base64.b64encode(source.encode()).decode())
    print(" ".join(source))
    print(codecs.encode(source, "rot13"))
    return 2 * x
"""
}
