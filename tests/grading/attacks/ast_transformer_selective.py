"""Lets IPython empty only cells that name an exercise's function, so that no other assertion is touched.

With stock nbgrader this earns full marks. A must-fail assertion of another text does not notice it.
"""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
CODE = """
import ast

class Empty(ast.NodeTransformer):
    def visit_Module(self, node):
        calls = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        if calls & {"answer", "standardise", "counts"}:
            node.body = []
        return node

get_ipython().ast_transformers.append(Empty())
"""
AFTER = {"setup": [CODE]}
