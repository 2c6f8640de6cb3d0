"""Every route says who may use it, and keeps to it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

PUBLIC_BY_NATURE = ("healthz", "readyz", "metrics")
SAMPLES = {
    "lang": "en", "service": "restaurant-licence", "register": "licensed-restaurants", "topic": "health",
    "ref": "0" * 32, "page": "kind", "action": "withdraw", "upload_ref": "0" * 32, "upload": "0" * 32,
    "entry": "0" * 32, "invitation": "0" * 32, "visit": "first", "number": "1", "draw": "spring",
    "place": "lion-view", "day": "2026-01-01", "path": "x",
}  # fmt: skip


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


def own_routes() -> list[tuple[str, Any]]:
    return [(path, view) for path, view in routes() if not path.startswith((*PUBLIC_BY_NATURE, "api/"))]


def address(path: str) -> str:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: SAMPLES[found[1]], path)


def test_every_route_declares_who_may_use_it() -> None:
    silent = [path for path, view in own_routes() if not hasattr(_inner(view), "open_to")]
    assert silent == []
    assert len(own_routes()) > 40


def _inner(view: Any) -> Any:
    """Decorators such as require_POST keep the declaration behind `__wrapped__`."""
    while not hasattr(view, "open_to") and hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


@pytest.mark.django_db
def test_nobody_reaches_a_route_that_is_not_theirs(published: None) -> None:
    """Without signing in, residents' and officers' routes lead to signing in, and a demonstration's are not there."""
    client = Client()
    wrong = []
    for path, view in own_routes():
        audience = _inner(view).open_to
        if audience == "anyone":
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(address(path))
            target = answer.get("Location", "")
            fine = answer.status_code == 405 or (
                answer.status_code == 404 if audience == "demo" else "/sign-in?" in target
            )
            if not fine:
                wrong.append((method, path, answer.status_code, target))
    assert wrong == []


@pytest.mark.django_db
def test_an_officers_session_opens_no_residents_page_and_the_other_way_round(published: None, sessions: Any) -> None:
    resident, officer = sessions
    wrong = []
    for path, view in own_routes():
        audience = _inner(view).open_to
        client = {"resident": officer, "officer": resident}.get(audience)
        if client is None:
            continue
        answer = client.get(address(path))
        if "/sign-in?" not in answer.get("Location", "") and answer.status_code != 405:
            wrong.append(path)
    assert wrong == []


@pytest.mark.django_db
def test_no_page_with_a_token_or_for_one_person_is_stored_by_a_browser_or_a_proxy(
    published: None, sessions: Any
) -> None:
    wrong, personal = [], 0
    for client in (Client(), *sessions):
        for path, _ in routes():
            answer = client.get(address(path), follow=False)
            body = b"" if answer.streaming else answer.content
            if b"csrfmiddlewaretoken" in body or answer.cookies or b'class="sign-out"' in body:
                personal += 1
                if "no-store" not in answer.get("Cache-Control", ""):
                    wrong.append((path, answer.status_code, answer.get("Cache-Control")))
    assert wrong == []
    assert personal > 60
