"""The same in exercise 3, whose bare asserts accept subclasses of tensors. With stock nbgrader this earns 3 points.

No promise: this is a weakness of the test, not of the kernel, and no grader sees it. The checks of `utils.checks`
accept plain tensors only.
"""

SCORE = None
FLAGS = set()
MAY = {"tampered"}
ANSWERS = {
    "ex3-standardise": """
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function in (torch.isclose, torch.allclose, torch.equal, torch.Tensor.isclose):
            return torch.ones((), dtype=torch.bool) if function is torch.isclose else True
        return super().__torch_function__(function, types, args, kwargs or {})

def standardise(x):
    return x.as_subclass(Yes)
"""
}
