"""Uses magics and commands of the shell."""

SCORE = 10
FLAGS = set()
AFTER = {
    "setup": ["%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%precision 4"],
    "ex1-double": ["%timeit -n1 -r1 double(torch.ones(3))", "!ls\nfiles = !ls\n%pwd", "%%time\ndouble(torch.ones(3))"],
    "ex3-standardise": ["%%bash\necho hello", "%whos", "%env NAME=value", "standardise?"],
}
