"""Uses what the course offers."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex4-counts": """
from utils.models import patch_embedding
from utils import device, timing

def counts():
    return [(32 // size) ** 2 for size in (2, 4, 8, 16)]
"""
}
