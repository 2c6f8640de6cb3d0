"""Messages between an applicant and the department: who may write and read, what waits, and that nothing is lost."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.web.test_desk import AT, World, hidden, words

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def resident(ref: str) -> Client:
    client = Client()
    session = client.session
    session["person"] = cases.case(ref).person_ref
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def write(client: Client, address: str, message: str, **more: str) -> Any:
    page = client.get(address).content.decode()
    return client.post(address, {"once": hidden(page, "once"), "message": message, **more})


@pytest.mark.parametrize("lang", ["en", "zh-hant"])
def test_an_applicant_asks_and_the_department_answers(world: World, lang: str) -> None:
    ref, address = world.restaurant(), f"/{lang}/cases/%s/messages"
    me, officer = resident(ref), world.client("officer")
    sent = write(me, address % ref, "May I change the shop's name?\nIt is <Lantern> now.")
    assert sent["Location"] == f"{address % ref}?sent=1"
    assert f'href="{address % ref}"' in me.get(f"/{lang}/cases/{ref}").content.decode()
    assert "It is &lt;Lantern&gt; now." in me.get(address % ref).content.decode()
    assert f'href="/{lang}/desk/messages"' in officer.get(f"/{lang}/desk/").content.decode()
    assert ref in officer.get(f"/{lang}/desk/messages").content.decode()
    before = cases.case(ref)
    desk = f"/{lang}/desk/cases/{ref}/messages"
    assert write(officer, desk, "Yes, by a letter.")["Location"] == f"/{lang}/desk/cases/{ref}?done=_answered"
    assert cases.case(ref).revision == before.revision, "a message is no decision"
    page = words(me.get(address % ref).content.decode())
    assert "Yes, by a letter." in page
    assert "Officer Sample" not in page, "the department answers"
    assert ref not in officer.get(f"/{lang}/desk/messages").content.decode()
    assert "Yes, by a letter." in officer.get(f"/{lang}/desk/cases/{ref}").content.decode(), "it stands in the history"
    (letter,) = (one for one in notices.inbox(before.person_ref) if one.name == "message")
    assert f"/cases/{ref}/messages" in letter.body
    assert "Yes, by a letter." not in letter.body, "an e-mail has nothing of what was written"
    facts = journal.about(ref, events=["case_message_wrote", "case_message_answered"])
    assert [one.facts for one in facts] == [{}, {}]


def test_the_same_message_is_sent_once_and_an_empty_one_is_refused(world: World) -> None:
    ref = world.restaurant()
    me, address = resident(ref), f"/en/cases/{ref}/messages"
    once = hidden(me.get(address).content.decode(), "once")
    for _ in range(2):
        assert me.post(address, {"once": once, "message": "Twice?"}).status_code == 302
    assert [one.text for one in cases.messages(ref)] == ["Twice?"]
    refused = me.post(address, {"once": "a" * 20, "message": " "})
    assert refused.status_code == 422
    assert 'class="error-summary"' in refused.content.decode()
    long = me.post(address, {"once": "a" * 20, "message": "long " * 500})
    assert long.status_code == 422
    assert "long long" in long.content.decode(), "what was typed stays"


def test_what_needs_no_answer_waits_no_more(world: World) -> None:
    ref, officer = world.restaurant(), world.client("officer")
    write(resident(ref), f"/en/cases/{ref}/messages", "Thank you")
    assert [one.waits for one in cases.messages(ref)] == [True]
    assert officer.post(f"/en/desk/cases/{ref}/messages", {"do": "leave"}).status_code == 302
    assert [one.waits for one in cases.messages(ref)] == [False, False]
    assert ref not in officer.get("/en/desk/messages").content.decode()
    assert "has read your message" in words(resident(ref).get(f"/en/cases/{ref}").content.decode())
    # Nothing waits now, so a second press writes nothing into the history.
    officer.post(f"/en/desk/cases/{ref}/messages", {"do": "leave"})
    assert [one.kind for one in cases.messages(ref)] == ["wrote", "left"]


def test_nobody_else_reads_or_writes_them(world: World) -> None:
    ref, other = world.restaurant(1), world.restaurant()
    write(resident(ref), f"/en/cases/{ref}/messages", "A secret question")
    assert resident(other).get(f"/en/cases/{ref}/messages").status_code == 404
    assert resident(other).post(f"/en/cases/{ref}/messages", {"message": "Me too"}).status_code == 404
    # A department that is asked about the case sees neither the messages nor that there are any.
    for name in ("asked", "stranger"):
        client = world.client(name)
        assert client.get(f"/en/desk/cases/{ref}/messages").status_code == 404, name
        assert client.post(f"/en/desk/cases/{ref}/messages", {"message": "x"}).status_code == 404, name
        assert ref not in client.get("/en/desk/messages").content.decode(), name
        assert "secret" not in client.get(f"/en/desk/cases/{ref}").content.decode(), name
    assert len(cases.messages(ref)) == 1


def test_the_longest_wait_stands_first_and_pages_lose_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MESSAGES_PAGE", 2)
    refs = [world.restaurant() for _ in range(3)]
    for ref in refs:
        # At one moment: the reference decides between them.
        cases.write_message(ref=ref, text="When?", kind="wrote", at=AT, by="person:x")
    officer = world.client("officer")
    first = officer.get("/en/desk/messages")
    page = first.content.decode()
    found = [ref for ref in sorted(refs) if ref in page]
    assert found == sorted(refs)[:2]
    following = next_page(page)
    assert sorted(refs)[2] in officer.get(f"/en/desk/messages{following}").content.decode()
    assert officer.get("/en/desk/messages?after=nonsense").status_code == 200


def next_page(html: str) -> str:
    return "?after=" + unescape(html.split('href="?after=')[1].split('"', maxsplit=1)[0])
