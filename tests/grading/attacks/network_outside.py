"""Looks for a way out. 192.0.2.1 is an address for documentation, which nobody has: that there is a way is enough."""

SCORE = 4
FLAGS = set()
CODE = """
import socket
for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
    try:
        socket.socket(family, socket.SOCK_DGRAM).connect((address, 9))  # sends nothing
        print("LEAK: there is a route to", address)
    except OSError as error:
        print(error)
names = [name for _, name in socket.if_nameindex() if name != "lo"]
if names:
    print("LEAK: network interfaces", names)
"""
AFTER = {"ex1-double-test-2": [CODE]}
