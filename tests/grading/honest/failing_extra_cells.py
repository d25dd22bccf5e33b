"""Has experiments among the cells that end in errors, one that is no Python and one that asks for input."""

SCORE = 10
FLAGS = set()
AFTER = {
    "setup": ["1 / 0"],
    "ex1-double": ["double('a')\nundefined", "this is a note, not code"],
    "ex3-standardise": ["name = input('What is your name?')", "standardise(torch.ones(2))"],
}
