"""Shows HTML and JavaScript that would run in the browser of whoever reads the feedback or uses the form grader."""

SCORE = 4
FLAGS = set()
CODE = """
from IPython.display import HTML, SVG, Javascript, Markdown, display
display(HTML("<script>attacked()</script><img src=x onerror='attacked()'>"))
display(HTML("<iframe src='javascript:attacked()'></iframe>"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='attacked()'><script>attacked()</script></svg>"))
display(Javascript("attacked()"))
display(Markdown("<script>attacked()</script> [a](javascript:attacked()) <a href='JaVaScRiPt:attacked()'>b</a>"))
display({"text/html": "<base href='http://attacked.example'><form action='http://attacked.example'>"}, raw=True)
display({"text/latex": "$</div><script>attacked()</script>$"}, raw=True)
display({"image/png": "x' onerror='attacked()"}, raw=True)
"""
AFTER = {"ex1-double-test-2": [CODE, "raise ValueError('<script>attacked()</script>')"]}
