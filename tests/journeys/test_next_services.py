"""Where a state and a letter lead people: services that are live, opened with their entry."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from tests.small import AT, GRANT, published

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.blocks.services import api as services
from praya.journey import acting, application_steps, load
from praya.kernel import clock
from praya.project.designing import checking, targets

COOKBOOK = Path(__file__).parents[2] / "packs" / "cookbook"
GIVE = "give: {label: {en: Give, zh-hant: 給予}, register: grants, notify: [done]}"
LICENCE = (
    GRANT.replace("retention:", """\
registers:
  grants:
    title: {en: Grants, zh-hant: 資助登記冊}
    facts: {name: {label: {en: Name, zh-hant: 姓名}, value: answers.applicant_name}}
notices:
  done:
    subject: {en: Done, zh-hant: 完成}
    body: {en: It is done., zh-hant: 已完成。}
    next_services: [small-change, small-grant]
retention:""")
    .replace("    received:\n", "    received:\n      next_services: [small-change, ended]\n")
    .replace("recommend: {", f"{GIVE}\n        recommend: {{")
)  # fmt: skip
CHANGE = (
    GRANT.replace("small-grant", "small-change")
    .replace("reference: SG", "reference: SC")
    .replace("title: {en: Small grant, zh-hant: 小額資助}", "title: {en: Change a grant, zh-hant: 更改資助}")
    .replace("form:\n", "subject: {register: grants, service: small-grant}\nform:\n", 1)
)


@pytest.mark.django_db
def test_people_are_led_to_live_services_with_the_entry_that_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    service = published(LICENCE)
    person = identity.enrol(email="a@example.com", name=None, language="zh-hant", at=AT)
    case = application_steps.apply_at_once(
        service, person=person, language="zh-hant", answers={"applicant_name": "陳大文"}, files={}, seats=[],
        once_key="k", at=AT, subject_ref="",
    )  # fmt: skip
    client = Client()
    session = client.session
    session["person"] = person.ref
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    page = f"/zh-hant/cases/{case.ref}"
    # Neither of them is there: nothing is promised.
    assert "你現在可以辦理" not in client.get(page).content.decode()
    published(CHANGE)
    assert '<a href="/zh-hant/services/small-change">更改資助</a>' in client.get(page).content.decode()
    officer = acting.By("officer:x", ("officer",), "dh")
    acting.act(case=case, action="give", by=officer, answers={}, reason="", once_key="g", at=AT + timedelta(minutes=1))
    (entry,) = registers.of_case(case.ref)
    led = f"/zh-hant/services/small-change/apply?subject={entry.ref}"
    assert f'<a href="{led}">更改資助</a>' in client.get(page).content.decode()
    (letter,) = [one for one in notices.inbox(person.ref) if one.name == "done"]
    body = notices.read(letter.ref, person_ref=person.ref, at=AT).body
    assert body == (
        f"已完成。\n\n更改資助：{settings.PRAYA.base_url}{led}\n"
        f"小額資助：{settings.PRAYA.base_url}/zh-hant/services/small-grant"
    )
    services.withdraw(service="small-change", at=AT, by="system")
    load.forget()
    assert "更改資助" not in client.get(page).content.decode()


def test_a_service_that_is_not_there_is_found_by_check(tmp_path: Path) -> None:
    pack = shutil.copytree(COOKBOOK, tmp_path / "cookbook")
    file = pack / "services" / "stall-licence" / "service.yaml"
    target = targets.one_pack([str(file.parent)], installed=pack)
    assert [str(one) for one in checking.check(target).errors] == []
    text = file.read_text("utf-8")
    file.write_text(text.replace("next_services: [stall-change]", "next_services: [stall-chance]"), "utf-8")
    (problem,) = checking.check(target).errors
    assert (problem.code, problem.nearest) == ("unknown-name", "stall-change")
    assert problem.line == text[: text.index("next_services: [stall-change]")].count("\n") + 1
