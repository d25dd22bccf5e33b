"""Draws a plot in an answer while it is tested, and shows another."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import matplotlib.pyplot as plt

def double(x):
    plt.figure(figsize=(2, 1))
    plt.plot([1, 2, 3])
    plt.show()
    return 2 * x
"""
}
AFTER = {"ex4-counts": ["plt.imshow([[1, 2], [3, 4]])"]}
