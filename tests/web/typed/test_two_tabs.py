"""What was typed in two tabs, or before a new version of the service, is not lost."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.small import published
from tests.web.typed.world import GIVEN, LONG_IDLE, World, fields, shown, two_tabs

from praya.blocks.forms import api as forms
from praya.journey import samples


def test_the_older_of_two_tabs_is_told_what_the_other_saved_and_loses_nothing(world: World) -> None:
    client, page = two_tabs(world)
    older = fields(client, page, applicant_name="Chan", mobile="5123 4567")
    newer = fields(client, page, applicant_name="Wong", rent="500")
    assert client.post(page, newer)["Location"].endswith("/second")
    answer = client.post(page, older)
    assert answer.status_code == 409
    told = shown(answer)
    assert "You saved this page in another tab" in told
    banner = told[told.index('id="elsewhere-title"') : told.index("</section>")]
    assert "On 5 January 2026, 10:00am" in banner
    # What both typed: the other's beside the field, this one's in it. What only the other typed is in the field too.
    assert "Wong" in banner
    assert "500" in banner
    assert 'name="applicant_name" type="text" value="Chan"' in told
    assert re.search(r'name="rent"[^>]* value="500', told)
    assert "5123 4567" in told
    # Whoever leaves now loses neither: the other's answers stand, and this one's words are kept with the page.
    draft = forms.drafts(world.people[0].ref)[0]
    assert (draft.answers["applicant_name"], draft.answers["rent"]) == ("Wong", 500)
    assert draft.typed["about-you"]["applicant_name"] == ["Chan"]
    assert client.post(page, fields(client, page, applicant_name="Chan", rent="500"))["Location"].endswith("/second")
    assert forms.drafts(world.people[0].ref)[0].answers["applicant_name"] == "Chan"


def test_different_pages_the_same_words_and_going_back_are_no_conflict(world: World) -> None:
    client, page = two_tabs(world)
    second = page.replace("about-you", "second")
    one, other = fields(client, page, applicant_name="Chan"), fields(client, page, applicant_name=" Chan")
    remark = fields(client, second, remark="Hello")
    assert client.post(page, one).status_code == 302
    assert client.post(second, remark).status_code == 302
    assert client.post(page, other).status_code == 302, "the same was typed in both"
    # Back to the page that was sent, and sent again with something else.
    assert client.post(page, {**one, "applicant_name": "Chan Siu", "mobile": "51234567"}).status_code == 409
    fresh = fields(client, page, applicant_name="Ho")
    assert client.post(page, fresh).status_code == 302
    assert client.post(page, {**fresh, "applicant_name": "Ho Ho"}).status_code == 302, "the copy that was saved last"


def test_adding_a_row_in_the_older_tab_loses_nothing_either(world: World) -> None:
    client, page = two_tabs(world)
    row = {
        "people.count": "1",
        "people.0.full_name": "An",
        "_asked": ["applicant_name", "rent", "mobile", "people", "people.0.full_name"],
    }
    older = fields(client, page, applicant_name="Chan", _add="people", **row)
    assert client.post(page, fields(client, page, applicant_name="Chan", rent="7", **row)).status_code == 302
    answer = client.post(page, older)
    assert answer.status_code == 409
    assert re.search(r'name="rent"[^>]* value="7', shown(answer))
    assert 'name="people.1.full_name"' in shown(answer), "the row was added"


def test_a_page_kept_from_before_the_sign_in_meets_what_was_saved_meanwhile(world: World) -> None:
    client, page = two_tabs(world)
    older = fields(client, page, applicant_name="Chan")
    world.now += LONG_IDLE
    client.post(page, older)
    elsewhere = world.sign_in(Client(), person=0)
    elsewhere.post(page, fields(elsewhere, page, applicant_name="Wong"))
    told = shown(world.sign_in(client, person=0).get(page))
    assert "You saved this page in another tab" in told
    assert "Wong" in told
    assert 'value="Chan"' in told


def test_two_saves_at_the_same_moment_are_told_apart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, page = two_tabs(world)
    older = fields(client, page, applicant_name="Chan")
    newer = fields(client, page, applicant_name="Wong")
    save, once = forms.save, iter([True])

    def between(**values: Any) -> forms.Draft:
        """The other tab saves after this one has looked and before it saves."""
        if next(once, False):
            client.post(page, newer)
        return save(**values)

    monkeypatch.setattr(forms, "save", between)
    assert client.post(page, older).status_code == 409
    assert forms.drafts(world.people[0].ref)[0].answers["applicant_name"] == "Wong"


def test_apply_again_after_a_new_version_leads_to_what_was_begun(world: World) -> None:
    published(GIVEN)
    client = world.sign_in(Client(), person=0)
    first = client.get("/en/services/small-grant/apply")["Location"]
    file = SimpleUploadedFile("proof.pdf", samples.file("proof.pdf"), "application/pdf")
    client.post(first, fields(client, first, applicant_name="Chan", proof=file))
    mood = "      - mood: {type: text, label: {en: Mood, zh-hant: 心情}}\n"
    newer = GIVEN.replace("version: 1", "version: 2").replace("      - story: {", f"{mood}      - tale: {{")
    published(newer)
    choice = client.get("/en/services/small-grant/apply")
    assert choice.status_code == 200
    assert f'href="{first}"' in shown(choice), "go on with it as it was"
    assert len(forms.drafts(world.people[0].ref)) == 1, "no empty second draft"
    assert "Begun with an earlier version of the form" in shown(client.get("/en/me"))
    # Anew: what is still asked is carried over, and stands in its field to be looked at.
    second = client.post("/en/services/small-grant/apply", {"begin": "anew"})["Location"]
    assert second != first
    anew = shown(client.get(second))
    assert 'value="Chan"' in anew
    assert "proof.pdf" in anew
    assert 'name="mood"' in anew
    drafts = {draft.version: draft for draft in forms.drafts(world.people[0].ref)}
    assert drafts.keys() == {1, 2}
    assert drafts[2].answers == {}, "nothing counts as answered before it was looked at"
    names = [[u.name for u in forms.uploads(d.ref, person_ref=d.person_ref)] for d in drafts.values()]
    assert names == [["proof.pdf"], ["proof.pdf"]]
    # From now on Apply leads to the new one.
    assert client.get("/en/services/small-grant/apply")["Location"] == second
