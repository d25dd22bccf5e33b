"""Python runs this at start-up when its folder is on PYTHONPATH, so every child process of a test is offline too."""

import network_guard

network_guard.install()
