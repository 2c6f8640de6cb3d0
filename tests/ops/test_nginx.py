"""The reference configuration for nginx, in front of a running server."""

import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.conftest import nginx_path
from tests.ops.conftest import Operator, free_port, get, wait_for, whole

from praya.project.config import Configuration

CONFIGURATION = Path(__file__).parents[2] / "docs" / "howto" / "nginx.conf"
PERSON = "127.0.0.2"
"""The address that the tests' clients come from; the proxy itself comes from 127.0.0.1."""
AROUND = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {site}
}}
"""


@dataclass
class Site:
    """Praya behind nginx: its operator, and where each answers."""

    operator: Operator
    folder: Path
    upstream: int
    plain: int
    secure: int

    def write(self, **changes: str) -> None:
        """The reference configuration with this machine's ports and names, and with these changes."""
        site = CONFIGURATION.read_text()
        site = re.sub(r"^ *listen \[::\].*\n", "", site, flags=re.MULTILINE)
        site = site.replace("listen 80", f"listen 127.0.0.1:{self.plain}")
        site = site.replace("listen 443", f"listen 127.0.0.1:{self.secure}")
        site = site.replace("127.0.0.1:8000", f"127.0.0.1:{self.upstream}").replace("services.example.org", "localhost")
        site = site.replace("/etc/ssl/praya", str(self.folder)).replace(
            "client_body_timeout 20s", "client_body_timeout 2s"
        )
        for old, new in changes.items():
            assert old in site
            site = site.replace(old, new)
        (self.folder / "nginx.conf").write_text(AROUND.format(folder=self.folder, site=site))

    @contextmanager
    def nginx(self, *changes: tuple[str, str]) -> Iterator[None]:
        self.write(**dict(changes))
        path = nginx_path()
        assert path
        with subprocess.Popen([path, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]) as process:
            try:
                wait_for(lambda: self.ask("GET", "/healthz").status == 200)
                yield
            finally:
                process.terminate()

    def connection(self) -> HTTPSConnection:
        trusting = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        return HTTPSConnection("localhost", self.secure, context=trusting, source_address=(PERSON, 0), timeout=10)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> HTTPResponse:
        connection = self.connection()
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            response = connection.getresponse()
        except OSError:
            return _nothing()
        response.content = response.read()  # type: ignore[attr-defined]
        return response

    def doctor(self) -> list[dict[str, str]]:
        result = self.operator.praya("doctor", "--json", SSL_CERT_FILE=str(self.folder / "fullchain.pem"))
        return [finding for finding in json.loads(result.stdout) if finding["check"] == "proxy"]

    def forget(self) -> None:
        shutil.rmtree(self.operator.folder / "var" / "proxy", ignore_errors=True)


def _nothing() -> HTTPResponse:
    nothing = HTTPResponse(socket.socket())
    nothing.status = 0
    return nothing


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )


@pytest.fixture(scope="module")
def site(_migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    shutil.copytree(_migrated, folder / "var")
    certificate(folder)
    operator = whole(folder)
    made = Site(operator, folder, free_port(), free_port(), free_port())
    operator.environment |= {
        "PRAYA_BASE_URL": f"https://localhost:{made.secure}",
        "PRAYA_ALLOWED_HOSTS": "localhost",
        "PRAYA_TRUSTED_PROXIES": "127.0.0.1",
        "PRAYA_WEB_THREADS": "2",
    }
    with operator.running("serve", "--port", made.upstream):
        wait_for(lambda: get(f"http://127.0.0.1:{made.upstream}/readyz")[0] == 200)
        yield made


pytestmark = pytest.mark.nginx


def test_pages_come_through_over_https_alone_and_praya_sees_the_client_and_no_claim(site: Site) -> None:
    site.forget()
    with site.nginx():
        page = site.ask(
            "GET", "/en/", X_Forwarded_For="192.0.2.77", X_Forwarded_Proto="http", Forwarded="for=192.0.2.1"
        )
        assert page.status == 200
        assert page.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
        assert page.headers["Content-Security-Policy"]
        assert site.ask("GET", "/metrics").status == 403
        assert site.ask("TRACE", "/en/").status == 405
        with socket.create_connection(("127.0.0.1", site.plain)) as plain:
            plain.sendall(b"GET /en/track?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"\r\nLocation: https://localhost/en/track?x=1\r\n" in plain.recv(4096)
        with (
            socket.create_connection(("127.0.0.1", site.secure)) as other,
            pytest.raises(ssl.SSLError),
        ):
            ssl.create_default_context().wrap_socket(other, server_hostname="elsewhere.example.org")
        found = site.doctor()
    assert [(finding["state"], "counts for nothing" in finding["sentence"]) for finding in found] == [("ok", True)]
    log = next((site.operator.folder / "var" / "access").glob("*.log")).read_text()
    seen = [json.loads(line) for line in log.splitlines()]
    assert {entry["from"] for entry in seen if entry["route"] == "/<lang:lang>/"} >= {PERSON}
    assert "192.0.2" not in log


def test_slow_and_large_bodies_end_at_the_proxy_and_whole_ones_come_through(site: Site) -> None:
    with site.nginx():
        slow = []
        for _ in range(64):
            connection = site.connection()
            connection.putrequest("POST", "/en/verify")
            connection.putheader("Content-Length", "100000")
            connection.endheaders(b"a=")
            slow.append(connection)
        assert site.ask("GET", "/en/").status == 200
        assert site.ask("POST", "/en/verify", b"x" * 23_500_000).status == 413
        # What has no token is refused by the page.
        assert site.ask("POST", "/en/verify", b"record=abc").status == 403
        ends = set()
        for connection in slow:
            try:
                ends.add(connection.getresponse().status)
            except OSError:
                ends.add(0)  # closed without an answer
        assert ends <= {0, 408}
    assert '"route": "(slow_body)"' not in next((site.operator.folder / "var" / "access").glob("*.log")).read_text()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "without X-Forwarded-For"),
        ("proxy_set_header X-Forwarded-For $http_x_forwarded_for;", "escapes every limit"),
    ],
)
def test_the_doctor_sees_a_proxy_that_names_no_client_or_lets_clients_name_themselves(
    site: Site, line: str, said: str
) -> None:
    site.forget()
    with site.nginx(("proxy_set_header X-Forwarded-For $remote_addr;", line)):
        site.ask("GET", "/en/")
        states = [(finding["state"], finding["sentence"]) for finding in site.doctor()]
    assert [state for state, found in states if said in found] == ["fail"]


def test_nginx_passes_all_that_a_page_may_ask_for():
    megabytes = int(re.search(r"client_max_body_size (\d+)m;", CONFIGURATION.read_text("utf-8"))[1])
    fields = Configuration.model_fields
    assert megabytes * 1024 >= fields["upload_max_mb"].default * 1024 + fields["request_max_kb"].default
