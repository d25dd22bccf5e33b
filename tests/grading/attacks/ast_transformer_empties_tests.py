"""Lets IPython empty every cell that asserts or checks anything. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = {"tampered"}
CODE = """
import ast

class Empty(ast.NodeTransformer):
    def visit_Module(self, node):
        text = ast.unparse(node)
        if "assert" in text or "checks" in text or "raise" in text:
            node.body = []
        return node

get_ipython().ast_transformers.append(Empty())
"""
AFTER = {"setup": [CODE]}
