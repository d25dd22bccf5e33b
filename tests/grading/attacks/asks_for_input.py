"""Asks for input, and for a password, when tested: nobody will answer."""

SCORE = 4
FLAGS = set()
MAY = {"deadline"}
ANSWERS = {
    "ex2-answer": "def answer():\n    return int(input('the answer?'))",
    "ex3-standardise": "import getpass, sys\n\ndef standardise(x):\n    getpass.getpass()\n    sys.stdin.read()",
}
