"""SMS, through a real HTTP gateway."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr
from tests.blocks.notices.sending import AT, CASE, PHONE, listening, send, work

from praya.blocks.notices import api as notices
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox.models import Effect


class Gateway(HTTPServer):
    """An SMS gateway that answers as it is told."""

    status = 202

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asking)
        self.asked: list[tuple[dict[str, str], dict[str, str]]] = []


class Asking(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def gateway(configured: Any) -> Iterator[Gateway]:
    server = Gateway()
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    configured(sms_url=f"http://127.0.0.1:{server.server_port}/send", sms_token=SecretStr("a token"))
    yield server
    server.shutdown()
    server.server_close()


def test_an_sms_carries_its_key_so_that_the_gateway_can_tell_a_repetition(gateway: Gateway) -> None:
    send(channels=["sms"], sms="牌照已獲批准")
    gateway.status = 503
    assert work() == outbox.RoundResult(postponed=1, faltered="sms_http_503")
    gateway.status = 202
    assert work(AT + timedelta(minutes=1)) == outbox.RoundResult(done=1)
    (delivery,) = notices.of_case(CASE)[0].deliveries
    assert [body for _, body in gateway.asked] == [{"to": PHONE, "text": "牌照已獲批准"}] * 2
    assert {headers["Idempotency-Key"] for headers, _ in gateway.asked} == {delivery.ref}
    assert gateway.asked[0][0]["Authorization"] == "Bearer a token"
    assert (delivery.state, delivery.attempts) == ("sent", 2)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (400, outbox.RoundResult(given_up=1)),
        (422, outbox.RoundResult(given_up=1)),
        # A wrong address, a wrong token, an account without money: ours to mend.
        (401, outbox.RoundResult(postponed=1, down="sms_http_401")),
        (402, outbox.RoundResult(postponed=1, down="sms_http_402")),
        (404, outbox.RoundResult(postponed=1, down="sms_http_404")),
        (408, outbox.RoundResult(postponed=1)),
        (409, outbox.RoundResult(postponed=1)),
        (429, outbox.RoundResult(postponed=1, down="sms_http_429")),
        (302, outbox.RoundResult(postponed=1, down="sms_http_302")),
        (500, outbox.RoundResult(postponed=1, faltered="sms_http_500")),
    ],
)
def test_what_a_gateway_answers_decides_whether_to_try_again(
    gateway: Gateway, status: int, result: outbox.RoundResult
) -> None:
    gateway.status = status
    send(channels=["sms"])
    assert work() == result
    assert Effect.objects.get().failure == f"sms_http_{status}"


def test_a_gateway_that_fails_now_and_then_lets_the_others_pass_and_one_that_fails_in_a_row_rests(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: list[int] = []
    monkeypatch.setattr(Gateway, "status", property(lambda _: statuses.pop(0)), raising=False)
    for number in range(7):
        send(channels=["sms"], once_key=f"case:{number}:granted")
    statuses[:] = [503, 202, 503, 503, 202, 202, 503]
    assert work() == outbox.RoundResult(done=3, postponed=4, faltered="sms_http_503")
    statuses[:] = [503, 503, 503]
    result = work(AT + timedelta(minutes=1))
    assert (result.postponed, result.down) == (3, "sms_http_503"), "the fourth is not asked of a gateway that is down"


def test_a_gateway_is_believed_by_its_status_and_its_body_is_never_read(db: None, configured: Any) -> None:
    sent: list[int] = []

    def converse(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\n\r\n")
        while len(sent) < 5000:
            sent.append(line.send(b"x" * 65536))

    with listening(converse) as port:
        configured(sms_url=f"http://127.0.0.1:{port}/send")
        send(channels=["sms"])
        assert work() == outbox.RoundResult(done=1)
    assert sum(sent) < 20_000_000


def test_a_token_that_cannot_be_sent_is_no_fault_of_a_message(gateway: Gateway, configured: Any) -> None:
    configured(sms_token=SecretStr("字"))
    send(channels=["sms"])
    assert work() == outbox.RoundResult(postponed=1, down="sms_unreachable")


def test_a_gateway_that_is_away_is_tried_later(db: None, configured: Any) -> None:
    configured(sms_url="http://127.0.0.1:1/send")
    send(channels=["sms"])
    assert work() == outbox.RoundResult(postponed=1, down="sms_unreachable")
    assert Effect.objects.get().failure == "sms_unreachable"
