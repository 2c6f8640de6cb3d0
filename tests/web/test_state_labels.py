"""A state has a label for each reader: "you" is the applicant on their pages, and never the officer at the desk."""

from typing import Any

import pytest
from tests.web.test_fees import signed_in
from tests.web.test_visits import AT, INSPECTION, World

from praya.blocks.identity import api as identity
from praya.kernel import clock

THEIRS = {"en": "Your turn to wait", "zh-hant": "請你等候", "zh-hans": "请你等候"}
OURS = {"en": "The applicant waits", "zh-hant": "申請人等候中", "zh-hans": "申请人等候中"}
LABELS = (
    f"label: {{en: {THEIRS['en']}, zh-hant: {THEIRS['zh-hant']}}}\n"
    f"      officer_label: {{en: {OURS['en']}, zh-hant: {OURS['zh-hant']}}}\n"
)


@pytest.mark.parametrize("lang", ["en", "zh-hant", "zh-hans"])
def test_officers_read_their_own_label_and_applicants_theirs(
    db: None, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    world = World(INSPECTION.replace("label: {en: Received, zh-hant: 已收到}\n", LABELS, 1))
    case = world.apply()
    roles = frozenset({identity.Role("fehd", "supervisor")})
    officer = identity.add_officer(name="Officer Sample", email="o@example.com", roles=roles, at=AT, by="system")

    def said(client: Any, path: str) -> str:
        return str(client.get(f"/{lang}/{path}").content.decode())

    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    for page in (said(resident, "me"), said(resident, f"cases/{case.ref}")):
        assert THEIRS[lang] in page
        assert OURS[lang] not in page
    desk = signed_in(monkeypatch, officer_ref=officer.ref)
    of_service = "service=shop-inspection"
    for path in ("", f"?{of_service}", f"cases/{case.ref}", f"cases/{case.ref}/do/inspect", f"numbers?{of_service}"):
        page = said(desk, f"desk/{path}")
        assert OURS[lang] in page, path
        assert THEIRS[lang] not in page, path
