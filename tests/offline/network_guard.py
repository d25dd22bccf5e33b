"""Refuse every connection and every name look-up that would leave this machine."""

import errno
import ipaddress
import socket

_connect, _connect_ex, _sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
_lookups = {name: getattr(socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")}


def install() -> None:
    """Guard this process. Loopback addresses, this machine's own name and Unix sockets stay allowed."""
    socket.socket.connect = lambda self, address: _connect(self, _allowed(self, address))
    socket.socket.connect_ex = lambda self, address: _connect_ex(self, _allowed(self, address))
    socket.socket.sendto = lambda self, data, *rest: _sendto(self, data, *rest[:-1], _allowed(self, rest[-1]))
    for name, look_up in _lookups.items():
        setattr(socket, name, _guarded(look_up))


def is_local(host: str | bytes | None) -> bool:
    """Return whether a host name or address stays on this machine."""
    host = host.decode() if isinstance(host, bytes) else host
    if not host or host in ("localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False  # a name: only a name server can tell
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _allowed(connection: socket.socket, address):
    if connection.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0]):
        raise OSError(errno.ENETUNREACH, f"tests run offline: connection to {address[0]}:{address[1]} refused")
    return address


def _guarded(look_up):
    def offline(host, *args, **options):
        if not is_local(host):
            raise socket.gaierror(socket.EAI_NONAME, f"tests run offline: look-up of {host!r} refused")
        return look_up(host, *args, **options)

    return offline
