"""Uses widgets, and an Output widget around its work."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import ipywidgets
out = ipywidgets.Output()

def double(x):
    with out:
        print("working")
    return 2 * x
"""
}
AFTER = {"ex1-double": ["slider = ipywidgets.IntSlider()\nslider", "out"]}
