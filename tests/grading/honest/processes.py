"""Computes in processes: with a pool, and with the workers of a DataLoader."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex4-counts": """
import multiprocessing
from torch.utils.data import DataLoader

def count(size):
    return (32 // size) ** 2

def counts():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        first = pool.map(count, (2, 4))
    return first + [int(size) for size in DataLoader([16, 4], num_workers=2, batch_size=None)]
"""
}
