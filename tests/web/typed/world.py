"""A resident with a form half filled, whose session a test ends."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.small import AT, GRANT, published

from praya.blocks.identity import api as identity
from praya.kernel import clock
from praya.web import rate_limits

STORY = """\
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - story: {type: long-text, label: {en: Your story, zh-hant: 經過}}
      - proof: {type: file, optional: true, accept: [pdf], max_files: 2, label: {en: Proof, zh-hant: 證明}}
"""
GIVEN = GRANT.replace(GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")], STORY)
WORDS = "它落雨了 <b>and</b> “more”\nsecond line"
LONG_IDLE = timedelta(hours=2)


class World:
    """Residents and officers with browsers, at a moment that tests move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        rate_limits._limiter.cache_clear()
        self.people = [identity.enrol(email=f"p{n}@example.com", name=None, language="en", at=AT) for n in range(2)]
        self.officers = [
            identity.add_officer(
                name=f"Officer {n}", email=f"o{n}@example.com", at=AT, by="system",
                roles=frozenset({identity.Role("dh", "officer")}),
            )
            for n in range(2)
        ]  # fmt: skip

    def sign_in(self, client: Client, *, person: int | None = None, officer: int | None = None) -> Client:
        client.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        session = client.session
        if person is not None:
            session["person"] = self.people[person].ref
        if officer is not None:
            session["officer"], session["epoch"] = self.officers[officer].ref, self.officers[officer].epoch
        session["begun"] = session["seen"] = int(self.now.timestamp())
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    def begun(self, **who: Any) -> tuple[Client, str]:
        """A browser in which a resident fills in the service, and the path of its page without the language."""
        published(GIVEN)
        client = self.sign_in(Client(), **(who or {"person": 0}))
        return client, client.get("/en/services/small-grant/apply")["Location"].removeprefix("/en")


def fields(client: Client, page: str, **more: Any) -> dict[str, Any]:
    """What a browser would send from the page's typed form: its hidden fields, and what is typed into it."""
    html = client.get(page).content.decode()
    form = html[html.index('id="typed"') :]
    form = form[: form.index("</form>")]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    sent: dict[str, Any] = {}
    for name, value in hidden:
        sent.setdefault(name, []).append(value.replace("&#34;", '"'))
    return {**sent, **more}


def shown(response: Any) -> str:
    assert response.status_code in {200, 403, 409, 413, 422, 500}, response
    return response.content.decode().replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')


def typed_key(client: Client) -> str:
    cookie = client.cookies.get(settings.TYPED_COOKIE_NAME)
    return cookie.value if cookie else ""


TABS = GRANT.replace(
    GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")],
    """\
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - rent: {type: money, optional: true, label: {en: Rent, zh-hant: 租金}}
      - mobile: {type: phone, optional: true, label: {en: Telephone, zh-hant: 電話}}
      - people:
          type: repeat
          max: 3
          optional: true
          item: {en: Person, zh-hant: 人}
          label: {en: People, zh-hant: 人}
          questions:
            - full_name: {type: text, label: {en: Full name, zh-hant: 全名}}
  - page: second
    questions:
      - remark: {type: text, label: {en: Remark, zh-hant: 備註}}
""",
)


def two_tabs(world: World) -> tuple[Client, str]:
    published(TABS)
    client = world.sign_in(Client(), person=0)
    return client, client.get("/en/services/small-grant/apply")["Location"]
