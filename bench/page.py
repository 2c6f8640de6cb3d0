"""A page of thirty questions against a bare Django hello, under the same server, in the same run.

Both are asked by one client over one connection that stays open, in turns, so that whatever else the machine does
falls on both. What counts is the CPU time of the server's processes for one request, from /proc.
"""

import re
import statistics
import sys
from typing import Any

from bench.ground import Browser, Installation, cpu_seconds, free_port, installation, report, service, serving, text

ROUNDS, REQUESTS = 8, 250
HELLO = """
import os, sys
from django.conf import settings
settings.configure(DEBUG=False, SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[])
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse("hello"))]
application = get_wsgi_application()
"""
SERVE_HELLO = """
import sys
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
Granian("hello:application", address="127.0.0.1", port=int(sys.argv[1]), interface=Interfaces.WSGI, workers=1,
        blocking_threads=4, blocking_threads_idle_timeout=600, websockets=False, log_level=LogLevels.warning).serve()
"""


def thirty_questions() -> list[dict[str, Any]]:
    """Thirty questions of many kinds, mostly text, as a long page of a paper form has them."""
    options = [{"value": f"o{n}", "label": text(f"Option {n}", f"選項{n}")} for n in range(5)]
    kinds: list[dict[str, Any]] = [{"type": "text"}] * 12 + [
        {"type": "long-text"}, {"type": "long-text"}, {"type": "number"}, {"type": "number", "decimals": 1},
        {"type": "money"}, {"type": "date"}, {"type": "date"}, {"type": "month"}, {"type": "time"},
        {"type": "person-name"}, {"type": "identifier", "scheme": "hkid"}, {"type": "phone"}, {"type": "email"},
        {"type": "address"}, {"type": "yes-no"}, {"type": "declaration", "statement": text("It is true.", "屬實。")},
        {"type": "choice", "options": options}, {"type": "choices", "options": options},
    ]  # fmt: skip
    purpose = text("To measure.", "供量度之用。")
    return [
        {
            f"question_{n}": {
                **kind, "label": text(f"Question number {n}", f"第 {n} 題"),
                "hint": text("As on your papers", "與證件相同"), "personal": True, "purpose": purpose,
            }
        }
        for n, kind in enumerate(kinds)
    ]  # fmt: skip


def draft_page(browser: Browser) -> str:
    """Sign in, begin, keep an answer, and come to the page as somebody who resumes."""
    browser.sign_in()
    status, page, _ = browser.get("/en/services/thirty/apply")
    if status != 302:
        raise RuntimeError(f"beginning answered {status}")
    browser.page(page)
    browser.post(page, question_0="Something", question_1="Another thing", question_2="More")
    body = browser.page(page)
    if len(set(re.findall(rb"question_(\d+)", body))) != 30:
        raise RuntimeError("the page does not show thirty questions")
    return page


def per_request(parent: int, browser: Browser, path: str, requests: int) -> float:
    """CPU seconds of the server for one request."""
    began = cpu_seconds(parent)
    for _ in range(requests):
        status, _, _ = browser.get(path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
    return (cpu_seconds(parent) - began) / requests


QUERIES = """
import sys
from praya.project import startup
startup.ready_django()
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
client = Client(HTTP_COOKIE=sys.argv[2])
client.get(sys.argv[1], headers={"host": "127.0.0.1"})
with CaptureQueriesContext(connection) as seen:
    response = client.get(sys.argv[1], headers={"host": "127.0.0.1"})
assert response.status_code == 200, response.status_code
print(len(seen), [query["sql"] for query in seen])
"""


def queries(made: Installation, browser: Browser, path: str) -> tuple[int, str]:
    """How many queries the page issues once the process is warm, counted through Django's connection, and which."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    number, _, which = made.run("-c", QUERIES, path, cookies).strip().partition(" ")
    return int(number), which


PROFILE = """
import cProfile, pstats, sys
from praya.project import startup
startup.ready_django()
from django.test import Client
client = Client(HTTP_COOKIE=sys.argv[2])
for _ in range(20): client.get(sys.argv[1], headers={"host": "127.0.0.1"})
profile = cProfile.Profile()
profile.enable()
for _ in range(200): client.get(sys.argv[1], headers={"host": "127.0.0.1"})
profile.disable()
pstats.Stats(profile).sort_stats(sys.argv[3]).print_stats(45)
"""


def main() -> None:
    """Measure; with `profile` also say where the time goes."""
    page = {"page": "all", "title": text("Everything", "全部"), "questions": thirty_questions()}
    with installation(service("thirty", "TH", [page]), PRAYA_WEB_WORKERS="1") as made:
        (made.folder / "hello.py").write_text(HELLO)
        ours, hello = free_port(), free_port()
        serve = ("-m", "praya.project.cli", "serve", "--port", str(ours))
        with (
            serving(made, *serve, ready="/readyz", port=ours) as our_pid,
            serving(made, "-c", SERVE_HELLO, str(hello), ready="/", port=hello) as hello_pid,
        ):
            person, stranger = Browser(ours), Browser(hello)
            path = draft_page(person)
            size = len(person.page(path))
            for _ in range(200):
                person.get(path)
                stranger.get("/")
            pairs = []
            for number in range(ROUNDS):
                a = per_request(our_pid, person, path, REQUESTS)
                b = per_request(hello_pid, stranger, "/", REQUESTS * 4)
                pairs.append((a, b))
                print(f"round {number + 1}: page {a * 1000:.2f} ms, hello {b * 1000:.3f} ms of CPU")
        count, which = queries(made, person, path)
        if "profile" in sys.argv:
            print(which)
            cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
            for order in ("tottime", "cumtime"):
                print(made.run("-c", PROFILE, path, cookies, order))
    page_ms = statistics.median(a for a, _ in pairs) * 1000
    hello_ms = statistics.median(b for _, b in pairs) * 1000
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"A page of 30 questions ({size / 1024:.0f} kB): {page_ms:.2f} ms of CPU and {count} queries; "
          f"a bare Django hello: {hello_ms:.3f} ms; {ratio:.1f} times.")  # fmt: skip
    report("page", ratio=round(ratio, 2), page_ms=round(page_ms, 3), hello_ms=round(hello_ms, 4), queries=count,
           bytes=size)  # fmt: skip


if __name__ == "__main__":
    main()
