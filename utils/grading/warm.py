"""What every notebook in the runner needs. Its fork server imports this module once for all of them."""

import os
import sys

os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
os.environ["OMP_NUM_THREADS"] = "1"

import ipykernel.zmqshell  # noqa: F401  tqdm and others look for it to see that they are in a notebook
import ipywidgets  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import matplotlib_inline.backend_inline  # noqa: F401
import torch
import torch.optim
import torch.testing
import torchvision  # noqa: F401
from IPython.core import completer, completerlib, history, magics, ultratb  # noqa: F401

from utils import checks  # noqa: F401

torch.testing.assert_close(torch.zeros(1), torch.zeros(1))  # the first call imports much more
try:  # and so does the first traceback
    raise AssertionError
except AssertionError:
    ultratb.VerboseTB(theme_name="nocolor").text(*sys.exc_info())
