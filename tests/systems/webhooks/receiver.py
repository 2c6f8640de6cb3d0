"""A receiver of webhooks: a real HTTPS server on this machine that takes, refuses, redirects or hangs."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "receiver.example"


def certificate(folder: Path) -> Path:
    """A certificate with its key for 127.0.0.1 and NAME, in one file that is its own authority too."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sample receiver")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName(NAME)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "receiver.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


class Receiver(ThreadingHTTPServer):
    """Answers by `answer`, a function of the event that was received: a status, or `hang`."""

    daemon_threads = True

    def __init__(self, pem: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self.context = context
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[dict[str, Any]], int | str] = lambda _: 204
        self.headers: dict[str, str] = {}
        self.released = threading.Event()

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake belongs to the thread of the request, so that one client cannot hold up the others.
        self.RequestHandlerClass(self.context.wrap_socket(request, server_side=True), client_address, self)  # type: ignore[arg-type]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is what is tested."""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}/hooks"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        answer = server.answer(json.loads(body) if body.startswith(b"{") else {})
        if answer == "hang":
            server.released.wait(30)
            return
        self.send_response(int(answer))
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def receiving(pem: Path) -> Iterator[Receiver]:
    server = Receiver(pem)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()


def signed_by(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether one of the signatures is by this secret, worked out anew from the standard's words."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ")
