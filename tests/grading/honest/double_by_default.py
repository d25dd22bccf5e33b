"""Makes float64 the default for its own experiments and sets it back before the tests."""

SCORE = 10
FLAGS = set()
AFTER = {
    "ex1-double": [
        "torch.set_default_dtype(torch.float64)\ndouble(torch.ones(2))",
        "torch.set_default_dtype(torch.float32)",
    ]
}
