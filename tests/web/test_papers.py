"""Letters and copies as PDF: what stands in them, in three languages, who gets them, and what a missing glyph costs."""

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
from tests.web.test_appointments import emails
from tests.web.test_entries import html
from tests.web.test_fees import signed_in
from tests.web.test_visits import AT, World, do

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import application_steps, load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.paper import making

NAMES = {"en": "Golden Bowl & Sons #1 $x$", "zh-hant": "金碗飯店 #1 *大*", "zh-hans": "金碗饭店"}


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    found = World()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    yield found
    load.forget()
    vault.reset_memory()


def apply(world: World, language: str, shop: str) -> cases.Case:
    person = identity.enrol(email=f"{language}@example.com", name=None, language=language, at=AT)
    world.person = person
    return application_steps.apply_at_once(
        world.service, person=person, language=language, answers={"shop": shop}, files={}, seats=[], once_key=language,
        at=AT,
    )  # fmt: skip


def read(data: bytes) -> tuple[pikepdf.Pdf, str]:
    """The document, and its text by the fonts' own tables, so that what is copied from it is what was written."""
    pdf = pikepdf.open(io.BytesIO(data))
    return pdf, "".join(_text(page) for page in pdf.pages)


def _text(page: Any) -> str:
    tables = {name: _to_unicode(font) for name, font in page.Resources.Font.items()}
    found, now = [], {}
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            now = tables[str(operands[0])]
        elif str(operator) in {"Tj", "TJ"}:
            for part in operands[0] if str(operator) == "TJ" else operands:
                if isinstance(part, pikepdf.String):
                    raw = bytes(part)
                    found += [now.get(raw[i : i + 2], "") for i in range(0, len(raw), 2)]
    return "".join(found)


def _to_unicode(font: Any) -> dict[bytes, str]:
    table: dict[bytes, str] = {}
    for line in font.ToUnicode.read_bytes().decode("ascii").splitlines():
        words = line.replace("<", " ").replace(">", " ").split()
        if len(words) == 2 and len(words[0]) == 4 and all(c in "0123456789abcdefABCDEF" for c in "".join(words)):
            table[bytes.fromhex(words[0])] = bytes.fromhex(words[1]).decode("utf-16-be")
    return table


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_a_letter_is_a_tagged_document_in_its_language_for_its_receiver_and_the_officer(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    case = do(apply(world, language, NAMES[language]), "inspect")
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    letter = next(one for one in notices.inbox(world.person.ref) if one.name == "fixed")
    page = f"/{language}/notices/{letter.ref}"
    assert f"{page}/letter.pdf" in html(resident.get(page))
    response = resident.get(f"{page}/letter.pdf")
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/pdf", "private, no-store")
    pdf, text = read(response.content)
    assert pdf.Root.MarkInfo.Marked
    assert "/StructTreeRoot" in pdf.Root
    assert str(pdf.Root.Lang).startswith("en" if language == "en" else "zh")
    assert "pdfuaid:part" in str(pdf.open_metadata())
    bare = text.replace(" ", "")
    assert NAMES[language].replace(" ", "") in bare, "what was typed is text and never markup"
    assert case.ref in text
    assert load.pack().departments["fehd"].title.in_(language).replace(" ", "") in bare
    assert load.pack().departments["fehd"].letterhead[0].in_(language).replace(" ", "") in bare
    copy = resident.get(f"/{language}/cases/{case.ref}/copy.pdf")
    assert NAMES[language].replace(" ", "") in read(copy.content)[1].replace(" ", "")
    stranger = identity.enrol(email="other@example.com", name=None, language="en", at=AT)
    other = signed_in(monkeypatch, person_ref=stranger.ref)
    assert other.get(f"{page}/letter.pdf").status_code == 404
    assert other.get(f"/{language}/cases/{case.ref}/copy.pdf").status_code == 404
    for department, status in (("fehd", 200), ("lcsd", 404)):
        officer = identity.add_officer(
            name="O", email=f"{department}@example.com", roles=frozenset({identity.Role(department, "officer")}), at=AT,
            by="system",
        )  # fmt: skip
        desk = signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)
        at_desk = f"/{language}/desk/cases/{case.ref}"
        assert desk.get(f"{at_desk}/letters/{letter.ref}/letter.pdf").status_code == status
        assert desk.get(f"{at_desk}/print.pdf").status_code == status
    read_facts = [fact.facts["what"] for fact in journal.about(case.ref, events=["case_read"])]
    assert sorted(read_facts) == ["letter", "print"]


def test_a_character_that_no_font_has_costs_neither_the_letter_nor_its_tags(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = do(apply(world, "zh-hant", "金碗😀🦄飯店𠮷"), "inspect")
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    pdf, text = read(resident.get(f"/zh-hant/cases/{case.ref}/copy.pdf").content)
    assert "金碗〓〓飯店𠮷" in text
    assert "未能印出的字元以" in text.replace(" ", "")
    assert pdf.Root.MarkInfo.Marked


def test_without_a_font_the_page_says_so_and_keeps_the_letter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = do(apply(world, "en", "Golden Bowl"), "inspect")
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    letter = next(one for one in notices.inbox(world.person.ref) if one.name == "fixed")
    monkeypatch.setattr(making, "font_folder", lambda: None)
    for path in (f"notices/{letter.ref}", f"cases/{case.ref}"):
        file = "letter.pdf" if path.startswith("notices") else "copy.pdf"
        there = resident.get(f"/en/{path}/{file}")
        assert there["Location"] == f"/en/{path}?paper=none"
        page = html(resident.get(there["Location"]))
        assert "No PDF can be made at the moment" in page
        assert "Golden Bowl" in page


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_a_copy_comes_by_e_mail_to_the_person_once_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    case = do(apply(world, language, NAMES[language]), "inspect")
    resident = signed_in(monkeypatch, person_ref=world.person.ref)
    assert f'/{language}/cases/{case.ref}/copy"' in html(resident.get(f"/{language}/cases/{case.ref}"))
    for _ in range(2):
        response = resident.post(f"/{language}/cases/{case.ref}/copy")
        assert response["Location"] == f"/{language}/cases/{case.ref}?paper=sent"
    assert resident.get(f"/{language}/cases/{case.ref}/copy").status_code == 405
    shown = html(resident.get(response["Location"]))
    assert ("We send the copy" if language == "en" else "副本會發送") in shown
    (sent,) = [one for one in emails() if one.attached and one.attached[0].media == "application/pdf"]
    assert sent.to == f"{language}@example.com"
    assert sent.attached[0].name == f"{case.ref}.pdf"
    assert NAMES[language].replace(" ", "") in read(sent.attached[0].data)[1].replace(" ", "")
    stranger = identity.enrol(email="other@example.com", name=None, language="en", at=AT)
    other = signed_in(monkeypatch, person_ref=stranger.ref)
    assert other.post(f"/{language}/cases/{case.ref}/copy").status_code == 404
