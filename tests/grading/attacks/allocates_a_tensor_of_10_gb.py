"""Allocates and fills 10 GB with torch. Never run it without a sandbox."""

SCORE = 4
FLAGS = set()
MAY = {"died"}
AFTER = {"ex1-double-test-2": ["hoard = torch.ones(10 * 2**30, dtype=torch.uint8)"]}
