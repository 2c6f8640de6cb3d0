"""What is too large is refused on a page, and what was saved stays."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.small import GRANT, published
from tests.web.typed.world import World, fields, shown, two_tabs

from praya.blocks.forms import api as forms
from praya.definition import sizes
from praya.journey import samples

MANY = GRANT.replace(
    GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")],
    """\
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
      - proof: {type: file, optional: true, accept: [pdf], max_files: 2, max_mb: 1, label: {en: Proof, zh-hant: 證明}}
      - people:
          type: repeat
          max: 100
          item: {en: Person, zh-hant: 人}
          label: {en: People, zh-hant: 人}
          questions:
"""
    + "".join(f"            - cell_{n}: {{type: text, label: {{en: Cell {n}, zh-hant: 格}}}}\n" for n in range(12)),
)


def hundred(words: str) -> dict[str, Any]:
    """A hundred rows of twelve answers, with the field of each that says that it was asked."""
    cells = {f"people.{row}.cell_{n}": f"{words} {row}" for row in range(100) for n in range(12)}
    return {**cells, "people.count": "100", "_asked": ["applicant_name", "proof", "people", *cells]}


def test_a_repeat_of_as_many_items_as_it_may_have_is_taken(world: World) -> None:
    published(MANY)
    client = world.sign_in(Client(), person=0)
    page = client.get("/en/services/small-grant/apply")["Location"]
    sent = fields(client, page, applicant_name="Chan", **hundred("陳大文"))
    assert sum(len(values) if isinstance(values, list) else 1 for values in sent.values()) > 2400
    assert client.post(page, sent)["Location"].endswith("/check")
    assert len(forms.drafts(world.people[0].ref)[0].answers["people"]) == 100


@pytest.mark.parametrize("lang", ["en", "zh-hant", "zh-hans"])
def test_what_is_too_large_is_told_on_a_page_and_what_was_saved_stays(world: World, lang: str) -> None:
    client, page = two_tabs(world)
    page = page.replace("/en/", f"/{lang}/")
    client.post(page, fields(client, page, applicant_name="Chan"))
    said = {"en": "At most 100 MB", "zh-hant": "每次最多可傳送 100 MB", "zh-hans": "每次最多可传送 100 MB"}[lang]
    answers = [
        client.post(page, {"applicant_name": "x"}, CONTENT_LENGTH=str(200 * 1024 * 1024)),
        client.post(page, {f"field{n}": "" for n in range(sizes.MOST_FIELDS + 1)}),
        client.post(page, {"a": ""}, content_type="application/x-www-form-urlencoded", CONTENT_LENGTH=str(17 * 2**20)),
    ]
    for answer in answers:
        assert answer.status_code == 413
        assert said in shown(answer)
        assert answer["Content-Security-Policy"]
    assert forms.drafts(world.people[0].ref)[0].answers["applicant_name"] == "Chan"
    # Machines are told as machines.
    refused = client.post("/api/v1/services", {}, CONTENT_LENGTH=str(200 * 1024 * 1024))
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


def test_files_beyond_the_rule_of_the_page_are_refused_beside_what_was_typed(world: World) -> None:
    published(MANY)
    client = world.sign_in(Client(), person=0)
    page = client.get("/en/services/small-grant/apply")["Location"]
    large = samples.file("proof.pdf") + b"%" * 1024 * 1024
    proof = [SimpleUploadedFile(f"{n}.pdf", data) for n, data in enumerate((large, *[samples.file("proof.pdf")] * 3))]
    told = shown(client.post(page, fields(client, page, applicant_name="Chan", proof=proof)))
    assert 'value="Chan"' in told
    assert "0.pdf" not in told
    assert "1.pdf" in told
    assert "2.pdf" in told
    assert "3.pdf" not in told
    assert 'class="error-summary"' in told
