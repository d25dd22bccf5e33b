"""Reads what /proc tells about processes that are not its own: commands, folders, environments."""

SCORE = 4
FLAGS = set()
CODE = """
import os
own = {os.getpid(), os.getppid(), 1}
for entry in os.listdir("/proc"):
    if entry.isdigit() and int(entry) not in own:
        try:
            command = open(f"/proc/{entry}/cmdline").read().split("\\0")
        except OSError:
            continue
        if any(word in " ".join(command) for word in ("pytest", "course", "nbgrader", "jupyter-lab")):
            print("LEAK: process", entry, os.path.basename(command[0]))
for pid in (1, os.getppid()):
    for what in ("environ", "mem", "root/etc/shadow", "cwd/solutions"):
        try:
            if "ATTACKED_SECRET" in open(f"/proc/{pid}/{what}", errors="ignore").read(10**6):
                print("LEAK: a secret in", pid, what)
        except OSError as error:
            print(error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
