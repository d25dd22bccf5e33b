"""Shows the source of the test inside other kinds of output: HTML, an attribute, a widget, JSON, a picture's text."""

SCORE = 4
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import linecache, sys
import ipywidgets
from IPython.display import HTML, JSON, Markdown, display

def double(x):
    source = "".join(linecache.getlines(sys._getframe(1).f_code.co_filename))
    display(HTML(f"<div title='{source}'>nothing</div><!-- {source} -->"))
    display(Markdown(source), JSON({"source": source}), ipywidgets.HTML(source))
    display({"text/plain": "nothing"}, raw=True, metadata={"source": source})
    display({"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'><desc>{source}</desc></svg>"}, raw=True)
    return 2 * x
"""
}
