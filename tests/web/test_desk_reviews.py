"""What officers see while several of them review one case."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from tests.small import AT, player, published
from tests.web.test_desk import hidden, words

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault


@pytest.fixture
def ref(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    yield player(published())({"by": "officer", "who": "anna", "do": "recommend"}).case.ref
    load.forget()
    vault.reset_memory()


def officer(name: str) -> Client:
    client = Client()
    session = client.session
    found = identity.add_officer(
        name=f"{name} Sample", email=f"{name}@example.com", roles=frozenset({identity.Role("dh", "officer")}), at=AT,
        by="system",
    )  # fmt: skip
    session["officer"], session["epoch"] = found.ref, found.epoch
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def give(client: Client, ref: str, score: str, reason: str) -> str:
    page = client.get(f"/en/desk/cases/{ref}/do/assess").content.decode()
    sent = {"revision": hidden(page, "revision"), "once": hidden(page, "once"), "score": score, "reason": reason}
    return client.post(f"/en/desk/cases/{ref}/do/assess", sent)["Location"]


def test_nobody_sees_what_others_found_before_they_have_given_theirs(ref: str) -> None:
    ben, carl = officer("ben"), officer("carl")
    # Both have the form open before either sends it.
    page = carl.get(f"/en/desk/cases/{ref}/do/assess").content.decode()
    assert give(ben, ref, "3", "Too small a garden") == f"/en/desk/cases/{ref}?done=assess"
    seen_by_ben = words(ben.get(f"/en/desk/cases/{ref}").content.decode())
    assert "Assess · ben Sample" in seen_by_ben
    assert "Too small a garden" in seen_by_ben
    seen_by_carl = words(carl.get(f"/en/desk/cases/{ref}").content.decode())
    assert "Gave their view: Assess" in seen_by_carl
    assert "Too small a garden" not in seen_by_carl
    assert "So far: 1." in words(carl.get(f"/en/desk/cases/{ref}/do/assess").content.decode())

    sent = {"revision": hidden(page, "revision"), "once": hidden(page, "once"), "score": "9", "reason": ""}
    assert carl.post(f"/en/desk/cases/{ref}/do/assess", sent).status_code == 302
    assert cases.case(ref).state == "granted"
    assert "Too small a garden" in words(carl.get(f"/en/desk/cases/{ref}").content.decode())


@pytest.mark.parametrize("lang", ["en", "zh-hant", "zh-hans"])
def test_a_second_form_of_the_same_officer_finds_nothing_to_do(ref: str, lang: str) -> None:
    ben = officer("ben")
    give(ben, ref, "3", "")
    response = ben.post(f"/{lang}/desk/cases/{ref}/do/assess", {"revision": "2", "once": "b" * 32, "score": "9"})
    assert response.status_code == 409
    assert ben.get(f"/{lang}/desk/cases/{ref}").status_code == 200
    assert len(cases.reviews(ref)) == 1
