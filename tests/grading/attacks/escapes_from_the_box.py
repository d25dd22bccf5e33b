"""Tries what opens badly closed boxes: new namespaces, mounts, devices, tracing, kernel settings."""

SCORE = 4
FLAGS = set()
MAY = {"died"}
CODE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("here", exist_ok=True)
if libc.mount(b"none", b"here", b"tmpfs", 0, None) == 0:
    print("LEAK: can mount")
name = os.uname().nodename.encode()
if libc.sethostname(name, len(name)) == 0:
    print("LEAK: can rename the machine")
if libc.ptrace(16, 1, 0, 0) == 0:
    print("LEAK: can trace process 1")
for path in ("/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern",
             "/sys/kernel/uevent_helper", "/sys/fs/cgroup/release_agent"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        print("LEAK: can write", path)
    except OSError as error:
        print(error)
"""
AFTER = {"ex4-counts-test": [CODE]}
