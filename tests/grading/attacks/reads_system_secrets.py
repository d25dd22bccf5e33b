"""Looks for what only the system's administrator may read, and for secrets that containers are given."""

SCORE = 4
FLAGS = set()
CODE = """
import glob, os
for path in ("/etc/shadow", "/etc/sudoers", "/root", "/run/secrets", "/var/run/secrets", *glob.glob("/etc/ssh/*_key")):
    try:
        if os.path.isdir(path):
            found = {".ssh", ".netrc", ".profile", ".bashrc", ".bash_history"} & set(os.listdir(path))
        else:
            found = open(path).read(1)
        if found:
            print("LEAK: can read", path)
    except OSError as error:
        print(error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
