"""Shows 1000 pictures of noise, 120 MB in all. With stock nbgrader all of them land in the notebook."""

SCORE = 4
FLAGS = {"output"}
MAY = {"died", "deadline"}
CODE = """
import io, numpy
from IPython.display import Image, display
from PIL import Image as Picture

for number in range(1000):
    file = io.BytesIO()
    Picture.fromarray(numpy.random.randint(0, 256, (200, 200, 3), dtype=numpy.uint8)).save(file, "png")
    display(Image(file.getvalue()))
"""
AFTER = {"ex1-double-test-2": [CODE]}
