"""Files inside repeats in an example, lists in records, and letters that timers send."""

import pytest
from tests.small import GRANT, player, published

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms

pytestmark = pytest.mark.django_db

VANS = GRANT.replace(
    "      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}\n",
    """\
      - vans:
          type: repeat
          item: {en: Van, zh-hant: 車輛}
          label: {en: Vans, zh-hant: 車輛}
          questions:
            - mark: {type: text, label: {en: Mark, zh-hant: 車牌}}
            - kind:
                type: choice
                label: {en: Kind, zh-hant: 種類}
                options:
                  - {value: small, label: {en: Small, zh-hant: 小型}}
                  - {value: large, label: {en: Large, zh-hant: 大型}}
            - photo: {type: file, accept: [jpg], max_files: 3, label: {en: Photo, zh-hant: 照片}}
""",
).replace(
    "        recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}\n",
    """\
        recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}
        license: {label: {en: License, zh-hant: 發牌}, to: granted, issue: permit}
      timers:
        - {after: 2 days, notify: [hurry]}
""",
) + """\
records:
  permit:
    title: {en: Permit, zh-hant: 許可證}
    facts:
      marks: {label: {en: Marks, zh-hant: 車牌}, value: "answers.vans.map(v, v.mark)"}
      kinds: {label: {en: Kinds, zh-hant: 種類}, value: "answers.vans.map(v, v.kind)"}
notices:
  hurry:
    subject: {en: Hurry, zh-hant: 請盡快}
    body: {en: "For {answers.vans.map(v, v.mark)}.", zh-hant: "有關 {answers.vans.map(v, v.mark)}。"}
"""  # fmt: skip
ANSWERS = {"vans": [{"mark": "AB 1", "kind": "small", "photo": ["a.jpg"]},
                    {"mark": "CD 2", "kind": "large", "photo": ["b.jpg", "c.jpg"]}]}  # fmt: skip


def test_each_item_has_its_own_files_and_a_list_is_said_in_words() -> None:
    played = player(published(VANS), answers=ANSWERS)(
        {"by": "officer", "do": "license", "expect": {"state": "granted"}}
    )
    vans = cases.content(played.case.ref).answers["vans"]
    assert [len(van["photo"]) for van in vans] == [1, 2]
    named = {upload.ref: (upload.question, upload.name) for upload in forms.uploads_of_case(played.case.ref)}
    assert sorted(named[ref] for van in vans for ref in van["photo"]) == [
        ("vans.0.photo", "a.jpg"), ("vans.1.photo", "b.jpg"), ("vans.1.photo", "c.jpg"),
    ]  # fmt: skip
    (record,) = credentials.of_case(played.case.ref)
    said = {fact.name: dict(fact.value) for fact in credentials.verify(record.token, at=played.now).facts}
    assert (said["marks"]["en"], said["marks"]["zh-hant"]) == ("AB 1, CD 2", "AB 1、CD 2")
    assert (said["kinds"]["en"], said["kinds"]["zh-hant"]) == ("Small, Large", "小型、大型")


def test_a_reminder_comes_in_the_morning_and_not_at_midnight() -> None:
    # From a Monday at ten to the Wednesday at nine.
    play = player(published(VANS), answers=ANSWERS)
    play({"after": "46 hours", "expect": {"notices": []}}, {"after": "1 hours", "expect": {"notices": ["hurry"]}})


def test_a_file_where_none_is_asked_for_is_refused() -> None:
    from praya.journey import answer_files

    service = published(VANS)
    for path in ("vans", "vans.0.mark", "vans.7.photo", "vans.x.photo", "photo", "vans.0", ""):
        with pytest.raises(forms.Unwelcome):
            answer_files.answers_with_files(
                service.questions.values(), ANSWERS, {path: [("a.jpg", b"")]}, lambda *_: "x"
            )
