"""Computes in threads, one of which goes on."""

SCORE = 10
FLAGS = set()
ANSWERS = {
    "ex4-counts": """
import threading, time
from concurrent.futures import ThreadPoolExecutor

threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()

def counts():
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda size: (32 // size) ** 2, (2, 4, 8, 16)))
"""
}
