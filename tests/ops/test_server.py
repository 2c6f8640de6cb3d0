"""The web server: slow clients, large requests, and clients that disconnect."""

import re
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.ops.conftest import free_port, get, wait_for, whole

HEADERS = {"Host": "services.example.org", "X_Forwarded_Proto": "https"}
BEGINNING = b"POST /en/verify HTTP/1.1\r\nHost: services.example.org\r\nX-Forwarded-Proto: https\r\nConnection: close"
SLOW = BEGINNING + b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\na="


@pytest.fixture(scope="module")
def folder(_migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation for production on SQLite."""
    made = tmp_path_factory.mktemp("server")
    shutil.copytree(_migrated, made / "var")
    return made


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    """A running server with two threads, which waits one second for a body."""
    number = free_port()
    settings = {"PRAYA_WEB_THREADS": "2", "PRAYA_BODY_SECONDS": "1", "PRAYA_LOG_LEVEL": "warning"}
    with whole(folder).running("serve", "--port", number, **settings):
        wait_for(lambda: get(f"http://127.0.0.1:{number}/readyz")[0] == 200)
        yield number


def talk(port: int, words: bytes, seconds: float = 10) -> bytes:
    """Send these bytes; what comes back until the server closes, or until nothing comes for some time."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(words)
        return heard(connection, seconds)


def heard(connection: socket.socket, seconds: float = 10) -> bytes:
    connection.settimeout(seconds)
    said = b""
    while True:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            return said
        if not piece:
            return said
        said += piece


def test_slow_bodies_hold_nobody_up_and_end_with_408(port: int, folder: Path) -> None:
    number = 64
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]
    for connection in slow:
        connection.sendall(SLOW)
    time.sleep(0.3)
    base = f"http://127.0.0.1:{port}"
    assert get(f"{base}/healthz") == (200, "ok\n")
    assert get(f"{base}/readyz")[0] == 200
    assert get(f"{base}/kit-of-nobody", **HEADERS)[0] == 404
    for connection in slow:
        connection.sendall(b"b")  # a byte now and then is too slow as well
    answers = [heard(connection) for connection in slow]
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}
    assert f'praya_http_refused_total{{reason="slow_body"}} {number}.0' in get(f"{base}/metrics")[1]
    written = next((folder / "var" / "access").glob("*.log")).read_text()
    assert written.count('"route": "(slow_body)", "status": 408') == number


def request(*headers: str, body: bytes = b"") -> bytes:
    return BEGINNING + b"\r\n" + "\r\n".join(headers).encode() + b"\r\n\r\n" + body


def test_what_is_too_large_is_refused_before_it_is_sent(port: int) -> None:
    declared = talk(port, request("Content-Length: 999000000"))
    assert declared.startswith(b"HTTP/1.1 413 ")
    counted = 'praya_http_refused_total{reason="too_large"} 1.0'
    wait_for(lambda: counted in get(f"http://127.0.0.1:{port}/metrics")[1])


@pytest.mark.parametrize("body", [b"3\r\na=b\r\n0\r\n\r\n", b"3\r\na=b\r\n", b"3\r\na=b\r\nZZ\r\n"])
def test_a_body_that_may_have_been_cut_short_is_taken_for_none(port: int, body: bytes) -> None:
    for others in (["Transfer-Encoding: chunked"], ["Content-Length: 3", "Transfer-Encoding: chunked"]):
        assert talk(port, request(*others, body=body)).startswith(b"HTTP/1.1 411 ")
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(SLOW)  # a client that leaves is forgotten
    assert get(f"http://127.0.0.1:{port}/healthz")[0] == 200


def form(megabytes: float, *headers: str, path: str = "/en/track") -> bytes:
    body = b"a=" + b"b" * int(megabytes * 1024 * 1024)
    kind = "Content-Type: application/x-www-form-urlencoded"
    return request(*headers, kind, f"Content-Length: {len(body)}", body=body).replace(b"/en/verify", path.encode(), 1)


def test_a_stranger_sends_as_much_as_the_forms_for_everybody_need(port: int, folder: Path) -> None:
    forged = "Cookie: __Host-praya-session=eyJwZXJzb24iOiJhIn0:1a:b; __Host-praya-known=a:b:c"
    # Without its token a form is refused by the page; by its length before it is read.
    assert [talk(port, form(*given))[9:12] for given in ((1,), (3,), (3, forged))] == [b"403", b"413", b"413"]
    assert [talk(port, form(size, path="/en/verify"))[9:12] for size in (9, 11)] == [b"403", b"413"]
    salt = "django.contrib.sessions.backends.signed_cookies"
    made = whole(folder).python(
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'praya.project.settings'; django.setup()\n"
        "from django.core import signing\n"
        "from django.contrib.sessions.serializers import JSONSerializer as S\n"
        f"print(signing.dumps({{'person': 'a' * 32}}, salt='{salt}', serializer=S))\n"
        f"print(signing.dumps({{'challenge': 'a' * 32}}, salt='{salt}', serializer=S))\n"
        "print(signing.get_cookie_signer(salt='__Host-praya-known').sign('mark'))\n"
    )
    assert made.returncode == 0, made.stderr
    resident, asked, known = made.stdout.split()[-3:]
    cookies = [f"__Host-praya-session={resident}", f"__Host-praya-session={asked}", f"__Host-praya-known={known}"]
    answers = [talk(port, form(3, f"Cookie: {cookie}"))[9:12] for cookie in cookies]
    assert answers == [b"403", b"413", b"403"]


def test_a_header_with_an_underscore_passes_for_no_other(port: int) -> None:
    plain = b"GET /en/ HTTP/1.1\r\nHost: services.example.org\r\nConnection: close\r\n"
    assert talk(port, plain + b"X-Forwarded-Proto: https\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    assert talk(port, plain + b"X_Forwarded_Proto: https\r\n\r\n").startswith(b"HTTP/1.1 301 ")


def test_a_process_whose_threads_are_all_busy_still_says_that_it_lives_and_is_ready(port: int, folder: Path) -> None:
    page = talk(port, BEGINNING.replace(b"POST /en/verify", b"GET /en/sign-in") + b"\r\n\r\n").decode()
    cookie = re.search(r"set-cookie: ([^;]+)", page)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert cookie
    assert token
    body = urlencode({"csrfmiddlewaretoken": token[1], "email": "chan@example.com"}).encode()
    headers = (f"Cookie: {cookie[1]}", "Referer: https://services.example.org/", f"Content-Length: {len(body)}")
    asked = request(*headers, "Content-Type: application/x-www-form-urlencoded", body=body)
    writer = sqlite3.connect(folder / "var" / "praya.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")  # whoever wants to write waits, and holds its thread
    busy = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
    for connection in busy:
        connection.sendall(asked.replace(b"/en/verify", b"/en/sign-in"))
    time.sleep(0.3)
    base = f"http://127.0.0.1:{port}"
    assert get(f"{base}/healthz") == (200, "ok\n")
    assert get(f"{base}/readyz")[0] == 200
    for connection in busy:
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    writer.execute("ROLLBACK")
    assert {heard(connection)[:13] for connection in busy} == {b"HTTP/1.1 302 "}
