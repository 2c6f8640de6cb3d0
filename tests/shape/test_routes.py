"""Routes: each declares who may use it, and refuses everybody else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests import small
from tests.shape.conftest import signed_in

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock, plug
from praya.kernel.crypto import vault

NAMED = re.compile(r"<(?:\w+:)?(\w+)>")
PUBLIC_BY_NATURE = ("healthz", "readyz", "metrics")
SAMPLES = {
    "lang": "en", "service": "restaurant-licence", "register": "licensed-restaurants", "topic": "health",
    "event": "getting-married",
    "ref": "0" * 32, "page": "kind", "action": "withdraw", "upload_ref": "0" * 32, "upload": "0" * 32,
    "entry": "0" * 32, "other": "0" * 32, "invitation": "0" * 32, "visit": "first", "number": "1", "draw": "spring",
    "place": "lion-view", "community": "arts-jury", "day": "2026-01-01", "path": "x", "token": "0" * 40,
    "view": "0" * 32, "panel": "jury", "export": "0" * 32, "batch": "0" * 32, "draft": "0" * 32,
    "letter": "0" * 32, "client": "0" * 32,
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
    return "/" + NAMED.sub(lambda found: SAMPLES[found[1]], path)


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


def desk_routes(*, of_objects: bool) -> list[tuple[str, Any]]:
    """The routes of officers, of all plugs: those whose address names a case, a service or an entry, or the others."""
    officers = [(path, view) for path, view in own_routes() if _inner(view).open_to == "officer"]
    return [(path, view) for path, view in officers if bool(set(NAMED.findall(path)) - {"lang"}) == of_objects]


@pytest.fixture
def case(published: None, db: None) -> Iterator[cases.Case]:
    """A case of the department of health, which books and keeps registers too."""
    yield small.player(small.published())().case
    load.forget()
    vault.reset_memory()


def officer(*roles: tuple[str, str]) -> tuple[identity.Officer, Client]:
    found = identity.add_officer(
        name="Officer", email=f"{'-'.join(map('-'.join, roles))}@example.com", at=clock.now(), by="system",
        roles=frozenset(identity.Role(department, role) for department, role in roles),
    )  # fmt: skip
    return found, signed_in(officer=found)


def addresses_of(path: str, case: cases.Case) -> list[str]:
    """The route of a real case, of a service that books and of one with a register."""
    real = {"ref": case.ref, "action": "recommend"}
    services = ("vaccination-booking", "restaurant-licence")
    values = [{**SAMPLES, **real, "service": service} for service in services]
    return sorted({"/" + NAMED.sub(lambda name, known=known: known[name[1]], path) for known in values})


def test_an_officer_of_another_department_finds_nothing_at_any_route(case: cases.Case) -> None:
    """Nothing that has an address of its own; and of lists only what is of their own department."""
    taking_part = set().union(*(card.departments for card in load.territory().live.values() if card.service in {
        "small-grant", "vaccination-booking", "restaurant-licence",
    }))  # fmt: skip
    department = min(set(load.pack().departments) - taking_part)
    _, elsewhere = officer((department, "supervisor"))
    _, owner = officer(("dh", "supervisor"), ("fehd", "supervisor"))
    wrong, reached = [], 0
    for path, _ in desk_routes(of_objects=True):
        for url in addresses_of(path, case):
            reached += owner.get(url).status_code == 200
            answers = (elsewhere.get(url).status_code, elsewhere.post(url).status_code)
            if not set(answers) <= {404, 405} or 404 not in answers:
                wrong.append((url, answers))
    assert wrong == []
    assert reached >= 6
    lists = [path for path, _ in desk_routes(of_objects=False)]
    listing = [path for path in lists if case.ref in owner.get(address(path)).content.decode()]
    assert listing
    assert [path for path in lists if case.ref in elsewhere.get(address(path)).content.decode()] == []


def test_an_officer_without_what_a_route_asks_for_finds_nothing_there(case: cases.Case) -> None:
    plain, without = officer(("dh", "officer"))
    chief, with_it = officer(("dh", "supervisor"))
    asking = [(path, _inner(view).may) for path, view in desk_routes(of_objects=False) if _inner(view).may is not None]
    assert any(path.endswith("desk/numbers") for path, _ in asking)
    for path, may in asking:
        for who_asks, client in ((plain, without), (chief, with_it)):
            assert (client.get(address(path)).status_code == 404) == (not may(who_asks)), path
    assert not any(may(plain) for path, may in asking if path.endswith("numbers"))


def test_the_menu_leads_nobody_to_a_page_that_is_not_theirs(case: cases.Case) -> None:
    for roles in ((("dh", "officer"),), (("dh", "supervisor"), ("fehd", "officer")), (("afcd", "officer"),)):
        found, client = officer(*roles)
        for entry in plug.menu_entries("desk"):
            if plug.is_shown(entry, found):
                assert client.get(f"/en/{entry.to}", follow=True).status_code == 200, entry.name


def test_nobody_elses_case_draft_or_record_is_there_for_another_resident(case: cases.Case) -> None:
    person = identity.enrol(email="other@example.com", name=None, language="en", at=clock.now())
    other, own = signed_in(person_ref=person.ref), signed_in(person_ref=case.person_ref)
    wrong, reached = [], 0
    for path, view in own_routes():
        if _inner(view).open_to != "resident" or "ref" not in NAMED.findall(path):
            continue
        url = addresses_of(path, case)[0]
        reached += own.get(url).status_code in {200, 302}
        answers = (other.get(url).status_code, other.post(url).status_code)
        if not set(answers) <= {404, 405} or 404 not in answers:
            wrong.append((url, answers))
    assert wrong == []
    assert reached >= 2


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
