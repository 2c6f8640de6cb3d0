"""An organiser answers what is said about their case, and sees of it what the definition says, by every route."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from tests import matters as services
from tests import small_services
from tests.journeys.test_matters import AT, allowance, review
from tests.web.test_entries import html

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.tokens import api as tokens
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.web import who

LANGUAGES = ("en", "zh-hant", "zh-hans")


class World:
    """An allowance with two reviews about it, and a browser for each of their people."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clock, "now", lambda: AT)
        territory = small_services.published(*services.both())
        self.case, entry = allowance(territory)
        self.reviews = [review(territory, entry, name) for name in ("one", "two")]
        self.monkeypatch = monkeypatch

    def browser(self, person_ref: str) -> Client:
        session = who.Session(level=identity.CODE_LEVEL, person_ref=person_ref)
        self.monkeypatch.setattr(who, "session", lambda _: session)
        return Client()

    def address(self, which: int, action: str = "answer", lang: str = "en", case: str = "") -> str:
        return f"/{lang}/cases/{case or self.case.ref}/about/{self.reviews[which].ref}/do/{action}"


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_a_case_shows_what_is_about_it_and_only_what_it_may(world: World, lang: str) -> None:
    client = world.browser(world.case.person_ref)
    for page in (f"/{lang}/cases/{world.case.ref}", world.address(0, lang=lang)):
        said = html(client.get(page))
        assert "They moved away" in said
        assert "Secret" not in said
        assert "one@example.com" not in said
    assert html(client.get(f"/{lang}/cases/{world.case.ref}")).count(f"/about/{world.reviews[1].ref}/do/answer") == 1


def test_an_answer_is_given_once_and_told(world: World) -> None:
    client = world.browser(world.case.person_ref)
    assert client.post(world.address(0), {"once": "a" * 32, "revision": "1"}).status_code == 200
    sent = {"once": "b" * 32, "revision": str(cases.case(world.reviews[0].ref).revision), "answer": "We did not"}
    for _ in range(2):
        response = client.post(world.address(0), sent)
        assert response["Location"] == f"/en/cases/{world.case.ref}?done=1"
    answered = cases.case(world.reviews[0].ref)
    assert answered.state == "answered"
    assert [s.action for s in cases.history(answered.ref) if s.kind == "moved"] == ["answer"]
    shown = html(client.get(f"/en/cases/{world.case.ref}"))
    assert "We did not" in shown
    assert client.get(world.address(0))["Location"] == f"/en/cases/{world.case.ref}", "it is answered"
    own = html(world.browser(answered.person_ref).get(f"/en/cases/{answered.ref}"))
    assert "We did not" in html(world.browser(answered.person_ref).get("/en/me")) or "An answer" in own


def test_nobody_else_reaches_it_by_any_address(world: World) -> None:
    one, two = world.reviews
    walks: list[tuple[str, list[tuple[str, Any]]]] = [
        # Whoever asked for the other review, and a stranger.
        (
            two.person_ref,
            [(world.address(0), 404), (f"/en/cases/{one.ref}", 404), (f"/en/cases/{world.case.ref}", 404)],
        ),
        # The one whom it concerns: not the review itself, nothing of its applicant's, nothing about another case.
        (
            world.case.person_ref,
            [
                (f"/en/cases/{one.ref}", 404),
                (f"/en/cases/{one.ref}/do/answer", 404),
                (f"/en/cases/{one.ref}/about/{two.ref}/do/answer", 404),
                (world.address(0, "uphold"), 302),
                (f"/en/cases/{world.case.ref}/about/{world.case.ref}/do/answer", 404),
                (f"/en/cases/{world.case.ref}/about/SR-AAAA-AAAA/do/answer", 404),
            ],
        ),
        # Whoever asked for it does not answer it.
        (one.person_ref, [(world.address(0), 404), (f"/en/cases/{one.ref}/do/answer", 302)]),
    ]
    for person_ref, addresses in walks:
        client = world.browser(person_ref)
        for address, status in addresses:
            for response in (client.get(address), client.post(address, {"once": "c" * 32, "answer": "Hello"})):
                assert response.status_code in {status, 405}, (address, response.status_code)
                assert "Secret" not in response.content.decode() or person_ref == one.person_ref
    assert {cases.case(ref).state for ref in (one.ref, two.ref)} == {"asked"}


def test_the_department_reads_over_the_api_what_is_about_what(world: World) -> None:
    secret = tokens.issue(
        name="machine", department="fehd", scopes=["read"], expires_at=None, at=AT, by="operator"
    ).secret  # fmt: skip
    found = {
        ref: Client().get(f"/api/v1/applications/{ref}", HTTP_AUTHORIZATION=f"Bearer {secret}").json()
        for ref in (world.case.ref, world.reviews[0].ref)
    }
    assert sorted(found[world.case.ref]["about"]) == sorted(one.ref for one in world.reviews)
    assert found[world.case.ref]["matter"] is None
    assert found[world.reviews[0].ref]["matter"] == world.case.ref
