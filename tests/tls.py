"""A server behind TLS: what ends it and hands the bytes on, with certificates made for the test."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme

HOST = "127.0.0.1"


class Authority:
    """Who signs certificates, as files in PEM."""

    def __init__(self, directory: Path) -> None:
        self._ca = trustme.CA()
        self._directory = directory
        self.file = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for a host or address, and its key."""
        made = self._ca.issue_cert(name)
        cert, key = self._directory / f"{name}.pem", self._directory / f"{name}.key"
        cert.write_bytes(b"".join(one.bytes() for one in made.cert_chain_pems))
        made.private_key_pem.write_to_path(str(key))
        return cert, key


@contextmanager
def tls_before(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """Take TLS on a port of this machine, hand on to another one; yields the port."""
    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, context), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, port: int, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=_serve, args=(plain, port, context), daemon=True).start()


def _serve(plain: socket.socket, port: int, context: ssl.SSLContext) -> None:
    with suppress(OSError), plain:
        plain.settimeout(30)
        with context.wrap_socket(plain, server_side=True) as taken, socket.create_connection((HOST, port)) as given:
            back = threading.Thread(target=_hand_on, args=(given, taken), daemon=True)
            back.start()
            _hand_on(taken, given)
            back.join()


def _hand_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
