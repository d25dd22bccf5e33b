"""Shows a progress bar, which tqdm writes to stderr, and one of its widgets."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import tqdm, tqdm.auto

def double(x):
    for _ in tqdm.tqdm(range(20)):
        pass
    for _ in tqdm.auto.tqdm(range(20)):
        pass
    return 2 * x
"""
}
