"""The suite reaches no network: not in this process, not in a child, not in a Jupyter kernel."""

import asyncio
import socket
import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

ELSEWHERE = "192.0.2.1"  # reserved for documentation (RFC 5737): nobody answers there
ATTEMPT = f"import socket; socket.create_connection(('{ELSEWHERE}', 80), timeout=2)"


@pytest.mark.parametrize("host", [ELSEWHERE, "2001:db8::1", "::ffff:192.0.2.1", "example.org", b"example.org"])
def test_look_ups_are_refused(host):
    with pytest.raises(OSError, match=r"offline: look-up of .*(192\.0\.2\.1|2001:db8::1|example\.org)"):
        socket.getaddrinfo(host, 80)


@pytest.mark.parametrize("look_up", [socket.gethostbyname, socket.gethostbyname_ex])
def test_old_look_ups_are_refused(look_up):
    with pytest.raises(OSError, match="offline"):
        look_up("example.org")


@pytest.mark.parametrize("family, host", [(socket.AF_INET, ELSEWHERE), (socket.AF_INET6, "2001:db8::1")])
@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_connections_are_refused(family, host, method):
    with socket.socket(family) as connection, pytest.raises(OSError, match=f"offline: connection to {host}:80 refused"):
        getattr(connection, method)((host, 80))


def test_datagrams_are_refused():
    with socket.socket(type=socket.SOCK_DGRAM) as connection, pytest.raises(OSError, match="offline"):
        connection.sendto(b"hello", (ELSEWHERE, 53))


def test_asyncio_is_refused():
    with pytest.raises(OSError, match="offline"):
        asyncio.run(asyncio.open_connection(ELSEWHERE, 80))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_works(host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((host, port), timeout=5) as connection, server.accept()[0] as accepted:
            connection.sendall(b"hello")
            assert accepted.recv(5) == b"hello"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="Windows has no Unix sockets in Python")
def test_unix_sockets_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a Unix socket must be short
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as connection:
        server.bind("socket")
        server.listen()
        connection.connect("socket")


def test_child_process_is_offline():
    child = subprocess.run([sys.executable, "-c", ATTEMPT], capture_output=True, text=True, timeout=60)
    assert child.returncode == 1
    assert f"tests run offline: look-up of '{ELSEWHERE}' refused" in child.stderr


def test_jupyter_kernel_is_offline():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        reply = client.execute_interactive(ATTEMPT, timeout=60, output_hook=lambda message: None)["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply["status"] == "error"
    assert "offline" in reply["evalue"]
