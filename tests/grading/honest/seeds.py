"""Sets seeds and draws random numbers, in the cells and inside answers."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
import random
import numpy as np
random.seed(1), np.random.seed(1), torch.manual_seed(1)

def double(x):
    torch.manual_seed(0)
    noise = torch.rand_like(x, dtype=torch.float32)
    random.random(), np.random.rand()
    return 2 * x
"""
}
