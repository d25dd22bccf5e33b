"""Looks for Unix sockets, with a name in the file system and without, to talk to other programs."""

SCORE = 4
FLAGS = set()
CODE = r"""
import glob, socket
try:
    socket.socket(socket.AF_UNIX).connect("\0attacked-@PORT@")
    print("LEAK: connected to an abstract socket")
except OSError as error:
    print(error)
for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/notify"):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        print("LEAK: connected to", path)
    except OSError as error:
        print(path, error)
"""
AFTER = {"ex1-double-test-2": [CODE]}
