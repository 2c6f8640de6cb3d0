"""What look-ups find for the officer of a case: shown beside it, to the owner's department only, and noted as read."""

import json
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.test import Client
from tests import small_services
from tests.journeys import test_lookups as shop

from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.kernel import clock


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


SEEN = """seen:
  label: {en: Credits of this code, zh-hant: 相同編號的抵用額}
  register: credits
  whose: department
  where: {code: answers.word}
  rank: entry.amount"""


def client_of(kind: str, ref: str, epoch: int = 0) -> Client:
    client = Client()
    session = client.session
    session[kind] = ref
    if kind == "officer":
        session["epoch"] = epoch
    session["begun"] = session["seen"] = int(shop.AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def officer(department: str) -> Client:
    found = identity.add_officer(
        name=department, email=f"{department}@example.com", roles=frozenset({identity.Role(department, "officer")}),
        at=shop.AT, by="system",
    )  # fmt: skip
    return client_of("officer", found.ref, found.epoch)


@pytest.fixture
def now(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: shop.AT)


def test_what_only_officers_may_see_stands_beside_the_case_and_its_holder_sees_who_looked(now: None) -> None:
    service = shop.goods(lookups=SEEN)
    small_services.published(service)
    me, other = shop.person("me"), shop.person("other")
    small, large = (
        shop.enter(service, "credits", other.ref, amount=amount, code="X", once_key=str(amount)) for amount in (5, 9)
    )
    shop.enter(service, "credits", other.ref, amount=7, code="Y")
    case = shop.apply(service, me, "one")
    page = officer("fehd").get(f"/en/desk/cases/{case.ref}").content.decode()
    assert "Credits of this code" in page
    assert page.index(large.number) < page.index(small.number)
    assert "HK$9" in page
    assert "HK$7" not in page
    assert [len(registers.reads(entry.ref)) for entry in (small, large)] == [1, 1]
    # Nobody else learns of them: not the applicant, and no officer of another department.
    for client, address in (
        (client_of("person", me.ref), f"/en/cases/{case.ref}"),
        (officer("td"), f"/en/desk/cases/{case.ref}"),
    ):
        answer = client.get(address).content.decode()
        assert large.number not in answer
        assert "Credits of this code" not in answer
    assert len(registers.reads(large.ref)) == 1


def test_files_of_a_public_register_have_the_values_of_its_facts(now: None) -> None:
    service = shop.goods()
    small_services.published(service)
    entry = shop.enter(service, "goods", name="Kettle", price="1,200.50", serial="SECRET")
    said = json.loads(body(Client().get("/data/registers/goods/goods.json")))
    assert [(row["entry"], row["values"]) for row in said["entries"]] == [(entry.number, {"price": 1200.5})]
    jsonschema.validate(said, Client().get("/data/registers/goods/goods.schema.json").json())
    head, line, *_ = body(Client().get("/data/registers/goods/goods.csv")).decode().splitlines()
    assert head.endswith("from_date,until_date,price_value")
    assert line.endswith("1200.5")
    assert "SECRET" not in line
