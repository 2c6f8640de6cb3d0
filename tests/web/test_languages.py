"""A territory that speaks two other languages than ours, one of them from right to left: from page to notice."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.example import Example
from praya.journey import load, play
from praya.kernel.text import LANGUAGES, speak
from praya.project.designing import checking, targets

AT = datetime(2020, 1, 2, tzinfo=UTC)
PACK = """
pack: macau-sample
name: {pt: Território, ur: علاقہ}
languages: [pt, ur]
currency: MOP
region: MO
departments: {iam: {title: {pt: Instituto, ur: ادارہ}}}
topics: {animals: {title: {pt: Animais, ur: جانور}, summary: {pt: Cães e gatos, ur: کتے اور بلیاں}}}
days: {time_zone: Asia/Macau}
"""
SERVICE = """
service: dog-licence
version: 1
reference: DG
title: {pt: Licença de cão, ur: کتے کا لائسنس}
summary: {pt: Registe o seu cão., ur: اپنے کتے کا اندراج کریں۔}
department: iam
topic: animals
who: {pt: Donos de cães., ur: کتوں کے مالکان۔}
needs: [{pt: O nome do cão, ur: کتے کا نام}]
legal: {basis: Lei 4, purpose: {pt: Para emitir a licença., ur: لائسنس جاری کرنے کے لیے۔}}
form:
  - page: dog
    questions:
      - dog_name: {type: text, label: {pt: Nome do cão, ur: کتے کا نام کیا ہے}}
      - friendly: {type: yes-no, label: {pt: É manso?, ur: کیا وہ نرم مزاج ہے؟}}
flow:
  start: issued
  states:
    issued: {label: {pt: Emitida, ur: جاری}, final: true, result: granted, notify: [issued]}
notices:
  issued:
    subject: {pt: "Licença {case.ref}", ur: "لائسنس {case.ref}"}
    body:
      pt: "O cão {answers.dog_name}, manso: {answers.friendly}"
      ur: "کتا {answers.dog_name}، نرم: {answers.friendly}"
retention: {granted: 1 year}
"""
WORDS_PT = """
portal.home_title: Serviços públicos
questions.missing: "Responda: {label}"
"Yes": Sim
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "macau"
    for name, text in {
        "pack.yaml": PACK, "services/dog-licence/service.yaml": SERVICE, "words/pt.yaml": WORDS_PT,
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def territory(db: None, pack: Path, settings: Any) -> Iterator[load.Territory]:
    settings.PRAYA = settings.PRAYA.model_copy(update={"pack": pack})
    load.forget()
    load.publish_pack(at=AT, by="system")
    yield load.territory()
    load.forget()
    speak(LANGUAGES, {})


def test_it_is_checked_in_its_languages_and_told_which_words_are_missing(pack: Path) -> None:
    found = checking.check(targets.one_pack([str(pack)], installed=pack))
    assert found.errors == []
    missing = [problem for problem in found.all_problems if problem.code == "words-missing"]
    assert ["words/pt.yaml" in missing[0].message, "words/ur.yaml" in missing[1].message] == [True, True]
    file = pack / "services" / "dog-licence" / "service.yaml"
    file.write_text(SERVICE.replace("ur: جاری}", "en: Issued}"), "utf-8")
    codes = {problem.code for problem in checking.check(targets.one_pack([str(pack)], installed=pack)).errors}
    assert codes == {"missing-language", "unknown-language"}


def test_its_pages_speak_its_languages(territory: load.Territory, client: Client) -> None:
    portuguese = client.get("/pt/")
    body = portuguese.content.decode()
    assert portuguese["Content-Language"] == "pt"
    assert '<html lang="pt">' in body
    assert "Serviços públicos" in body
    assert "Licença de cão" in body
    assert 'lang="ur"' in body
    assert "zh-hant" not in body
    urdu = client.get("/ur/services/dog-licence").content.decode()
    assert '<html lang="ur" dir="rtl">' in urdu
    assert "کتے کا لائسنس" in urdu
    for language in ("en", "zh-hant", "xx"):
        assert client.get(f"/{language}/").status_code == 404
    assert client.get("/", headers={"accept-language": "fr, ur;q=0.5"})["Location"].startswith("/ur/")
    assert client.get("/", headers={"accept-language": "en"})["Location"].startswith("/pt/")
    told = client.get("/api/v1/services/dog-licence").json()
    assert told["title"] == {"pt": "Licença de cão", "ur": "کتے کا لائسنس"}


@pytest.mark.parametrize(
    ("language", "subject", "body"),
    [("pt", "Licença ", "O cão Bolo, manso: Sim"), ("ur", "لائسنس ", "کتا Bolo، نرم: Yes")],
)
def test_a_case_is_told_in_the_language_of_its_person(
    territory: load.Territory, language: str, subject: str, body: str
) -> None:
    person = identity.enrol(email="resident@example.com", name="Sample Person", language=language, at=AT)
    story = Example.model_validate(
        {
            "example": "A dog",
            "starts": "2026-03-02T10:00:00+08:00",
            "language": language,
            "answers": {"dog_name": "Bolo", "friendly": True},
            "expect": {"state": "issued", "notices": ["issued"]},
        }
    )
    play.play(story, territory.services["dog-licence"], territory.pack, person=person)
    [notice] = notices.inbox(person.ref)
    assert notice.language == language
    assert notice.subject.startswith(subject)
    assert notice.body == body


def test_what_is_wrong_with_an_answer_is_said_in_the_language(territory: load.Territory) -> None:
    from praya.definition.questions import Asking

    question = territory.services["dog-licence"].questions["dog_name"]
    [refusal] = question.refusals(None, "dog_name", Asking(AT.date()))
    assert refusal.message("pt") == "Responda: Nome do cão"
