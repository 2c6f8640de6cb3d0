"""Attacks by what is sent: forged forms, markup, formulas, broken pictures, odd numbers, NUL."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.web.attacks.world import PACK, RESTAURANT, SCRIPT, URLENCODED, VACCINATION, World

from praya.blocks.cases import api as cases
from praya.journey import load
from praya.journey.filled_texts import filled
from praya.kernel.spreadsheet import cell
from praya.kernel.text import Text


def posts() -> Iterator[tuple[str, Callable[..., Any]]]:
    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern):
                yield route, pattern.callback

    yield from walk(get_resolver().url_patterns, "")


def test_no_form_is_taken_without_its_token(world: World) -> None:
    """Every address outside the API, by POST, with a good session and without a token, is refused."""
    draft, ref = world.filled(0), world.restaurant(0)
    fill = {"lang": "en", "ref": ref, "action": "withdraw", "service": VACCINATION, "page": "about", "kind": "svg",
            "topic": "health", "register": "premises", "upload": "a" * 32, "name": "contact",
            "invitation": "a" * 32, "entry": "a" * 32, "draw": "draw", "number": "1"}  # fmt: skip
    before, walked = cases.case(ref), 0
    clients = [world.resident(0, csrf=True), world.officer("fehd", csrf=True)]
    for route, view in posts():
        if route.startswith(("api/", "^api/")) or not hasattr(view, "open_to") or view.open_to == "machine":
            continue
        if getattr(view, "csrf_exempt", False):
            # The endpoints of OpenID take what a client sends, by its own rights and not by the cookie's.
            assert view.__module__.startswith("praya.systems.openid."), route
            continue
        values = fill | ({"ref": draft} if "apply/" in route else {})
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match, values=values: values.get(match[1], "a" * 32), route)
        for client in clients:
            answer = client.post(path, {"once": "x", "reason": "x"}, headers={"origin": "https://evil.test"})
            assert answer.status_code in {403, 405}, (path, answer.status_code)
            walked += 1
    assert walked > 60
    assert cases.case(ref) == before


def test_nothing_typed_becomes_markup_or_a_placeholder(world: World) -> None:
    ref = world.restaurant(0, trade_name=SCRIPT) if "trade_name" in load.territory().service(
        RESTAURANT
    ).questions else world.restaurant(0, **{text_question(): SCRIPT})  # fmt: skip
    officer, resident = world.officer("fehd"), world.resident(0)
    officer.post(f"/en/desk/cases/{ref}/notes", {"note": SCRIPT, "once": "x"})
    pages = [
        officer.get(f"/en/desk/cases/{ref}"), officer.post("/en/desk/search", {"q": SCRIPT}),
        officer.post(f"/en/desk/cases/{ref}/notes", {"note": SCRIPT + "x" * 5000}),
        resident.get(f"/en/cases/{ref}"), resident.get("/en/search", {"q": SCRIPT}),
        resident.get("/en/track", {"ref": SCRIPT}), resident.post("/en/verify", {"record": SCRIPT}),
        Client().post("/en/sign-in", {"email": SCRIPT, "next": SCRIPT}), Client().get(f"/en/{SCRIPT}"),
    ]  # fmt: skip
    for shown in pages:
        text = shown.content.decode()
        assert "<script>alert" not in text
        assert "49" not in re.findall(r"alert\(1\)[^<]{0,40}", text)
        assert "script-src 'self'" in shown["Content-Security-Policy"]
        assert "unsafe" not in shown["Content-Security-Policy"]
    assert "{case.ref}" in officer.get(f"/en/desk/cases/{ref}").content.decode()
    upload = SimpleUploadedFile('"><img src=x onerror=alert(1)>.svg', b"<svg onload=alert(1)>", "image/svg+xml")
    answer = resident.post("/en/verify", {"picture": upload})
    assert answer.status_code == 200
    assert "onerror" not in answer.content.decode()


def text_question() -> str:
    questions = load.territory().service(RESTAURANT).questions
    return next(name for name, q in questions.items() if q.type_name == "text" and q.when is None)


def test_an_answer_with_braces_is_not_filled_again() -> None:
    class Seen:
        service = load.read_services(PACK, load.pack())[0]
        context: dict[str, Any] = {"case": {"ref": "RL-1"}, "reason": "{case.ref}\r\nBcc: all@example.com"}
        texts: dict[str, Text] = {}
        raw: dict[str, Any] = {}

    said = filled(Text({"en": "Why: {reason}"}), "en", Seen())
    assert said == "Why: {case.ref}\r\nBcc: all@example.com"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A1"])
def test_no_value_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def png(width: int, height: int) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(b"\0" * 10_000)) + part(b"IEND", b"")


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x89PNG\r\n\x1a\nxxxx", png(30_000, 30_000), b"\xff\xd8\xff\xe0" + b"x" * 50]
)
def test_a_picture_that_is_none_is_told_so(db: None, data: bytes) -> None:
    answer = Client().post("/en/verify", {"picture": SimpleUploadedFile("a.png", data, "image/png")})
    assert answer.status_code == 200
    assert 'href="#picture"' in answer.content.decode()


def test_numbers_of_fields_and_revisions_are_numbers(world: World) -> None:
    ref, officer, resident = world.restaurant(0), world.officer("fehd"), world.resident(1)
    form = resident.get(f"/en/services/{RESTAURANT}/apply")["Location"]
    for number in ("9" * 5000, "٣", "-1", "1e9", "999999999999"):
        sent = {"revision": number, "once": "x", "reason": "x"}
        sent |= {"_remove": f"x.{number}", "x.count": number, f"x.{number}.y": "1"}
        answers = [officer.post(f"/en/desk/cases/{ref}/do/withdraw", sent),
                   resident.post(form, urlencode(sent), content_type=URLENCODED),
                   world.resident(0).post(f"/en/cases/{ref}/do/withdraw", sent),
                   resident.post(form, {**sent, "_add": "x"})]  # fmt: skip
        assert all(answer.status_code < 500 for answer in answers), number[:20]


def test_no_database_ever_sees_a_nul(world: World) -> None:
    client = world.resident(0)
    for path, status in {"/en/cases/a%00b": 404, "/en/records/%00": 404, "/en/search?q=%00": 200}.items():
        assert client.get(path).status_code == status, path
    assert client.get("/en/desk/?mark=%7C%00").status_code == 302
    assert client.post("/en/verify", {"record": "a\0"}).status_code == 400
    assert client.post("/en/verify", {"record\0": "a"}).status_code == 400
