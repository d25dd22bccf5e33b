"""Needs 500 MB."""

SCORE = 10
FLAGS = set()
AFTER = {"ex1-double": ["large = torch.ones(125_000_000)\nlarge.sum()"]}
