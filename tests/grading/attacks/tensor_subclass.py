"""Answers exercise 1 with a tensor whose `__torch_function__` says yes to all. `checks` asks for a plain tensor."""

SCORE = 0
FLAGS = set()
ANSWERS = {
    "ex1-double": """
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function.__name__ in ("isclose", "eq", "__eq__", "equal", "allclose"):
            return torch.ones((), dtype=torch.bool)
        return super().__torch_function__(function, types, args, kwargs or {})

def double(x):
    return x.as_subclass(Yes)
"""
}
