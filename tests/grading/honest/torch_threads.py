"""Sets the number of torch's threads and computes something with them."""

SCORE = 10
FLAGS = set()
AFTER = {"setup": ["torch.set_num_threads(4)\n(torch.ones(500, 500) @ torch.ones(500, 500)).sum()"]}
