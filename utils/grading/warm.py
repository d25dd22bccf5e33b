"""What every notebook in the runner needs. Its fork server imports this module once for all of them."""

import os

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
from IPython.core import completer, completerlib, history, magics  # noqa: F401

torch.testing.assert_close(torch.zeros(1), torch.zeros(1))  # the first call imports much more
