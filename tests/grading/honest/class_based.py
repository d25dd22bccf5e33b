"""Answers with objects that can be called, a lambda and a partial function."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex1-double": """
class Double(torch.nn.Module):
    def forward(self, x):
        return 2 * x

double = Double()
""",
    "ex2-answer": "import functools\nanswer = functools.partial(sum, [40, 2])",
    "ex4-counts": "counts = lambda: (256, 64, 16, 4)",
}
