"""Lets IPython replace every `assert` by `pass`. With stock nbgrader this earns the points of bare asserts."""

SCORE = 4
FLAGS = {"tampered"}
CODE = """
import ast

class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()

    def visit_Expr(self, node):
        return ast.Pass() if "assert_close" in ast.unparse(node) else self.generic_visit(node)

get_ipython().ast_transformers.append(Drop())
"""
AFTER = {"setup": [CODE]}
