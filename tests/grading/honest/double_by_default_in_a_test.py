"""Switches to float64 inside the answer and back."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex3-standardise": """
def standardise(x):
    torch.set_default_dtype(torch.float64)
    try:
        y = x.double()
        y = (y - y.mean(1, keepdim=True)) / y.std(1, keepdim=True, unbiased=False)
        return y.to(x.dtype)
    finally:
        torch.set_default_dtype(torch.float32)
"""
}
