"""Lets IPython drop every line with an assertion or a check. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = {"tampered"}
CODE = """
def drop(lines):
    return [line for line in lines if not line.strip().startswith(("assert", "checks", "torch.testing", "0.5 *"))]

get_ipython().input_transformers_post.append(drop)
"""
AFTER = {"setup": [CODE]}
