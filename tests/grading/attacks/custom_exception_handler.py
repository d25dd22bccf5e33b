"""Uses IPython's own hook, `set_custom_exc`, to swallow errors. With stock nbgrader this earns full marks."""

SCORE = 4
FLAGS = set()
MAY = {"tampered"}
AFTER = {"setup": ["get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)"]}
