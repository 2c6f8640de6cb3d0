"""What designers' commands say and write: differences in words, copies of services."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import small_services
from tests.read_packs import pack_in

from praya.blocks.cases.values import KeyReused
from praya.definition.load import load_service
from praya.definition.service import Service
from praya.journey import load
from praya.journey.expectations import Difference, Differs
from praya.kernel import jsontext
from praya.project import cli
from praya.project.designing.difference import differences
from praya.project.designing.rehearsal import _places, reason
from praya.project.designing.stories import read_story

ROOT = Path(__file__).resolve().parents[2]
PACK_FOLDER = ROOT / "packs" / "hongkong"
PACK = pack_in(PACK_FOLDER)
Edited = Callable[..., list[str]]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    """What is told of the scaffold after these edits, each (old, new)."""
    assert cli.main(["new-service", "dog-boarding", "--into", str(tmp_path), "--title-zh", "寄養狗隻"]) == 0
    file = tmp_path / "dog-boarding" / "service.yaml"
    before, text = load_service(file, PACK), file.read_text("utf-8")

    def told(*edits: tuple[str, str]) -> list[str]:
        changed = text
        for old, new in edits:
            assert old in changed, old
            changed = changed.replace(old, new, 1)
        file.write_text(changed, "utf-8")
        return differences(before, load_service(file, PACK))

    return told


CHANGES = [
    ("value: 18", "value: 21", "changed parameter minimum_age: from 2020-01-01 was 18 and is now 21"),
    ("en: About you,", "en: About you and yours,",
     "changed page about-you: title.en was “About you” and is now “About you and yours”"),
    ("zh-hant: 個人資料", "zh-hant: 你的資料",
     "changed page about-you: title.zh-hant was 個人資料 and is now 你的資料"),
    ("clock: 10 working days", "clock: 12 working days",
     "changed state received: clock was “10 working days” and is now “12 working days”"),
    ("answers.applying_for == 'business'", '"true"',
     "changed condition for_a_business: when was “answers.applying_for == 'business'” and is now true"),
    ("max_length: 80", "max_length: 90", "changed question business_name: max_length was 80 and is now 90"),
    ("granted: 7 years", "granted: 8 years", "changed retention granted: kept was “7 years” and is now “8 years”"),
    ("minutes: 5", "minutes: 6", "changed words minutes: was 5 and is now 6"),
    ("en: For a business,", "en: For a shop,",
     "changed question applying_for: options.business.label.en was “For a business” and is now “For a shop”"),
    ("suppress_below: 5}", "suppress_below: 6}", "changed ground statistics: suppress_below was 5 and is now 6"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), CHANGES)
def test_each_change_is_told_in_words_with_what_was_and_what_is(edited: Edited, old: str, new: str, said: str) -> None:
    assert edited((old, new)) == [said]


def test_the_part_of_a_long_text_that_changed_is_shown(edited: Edited) -> None:
    (line,) = edited(("en: We decide within ten working days.", "en: We decide within twelve working days."))
    assert "ten working" in line
    assert "twelve working" in line


def test_what_is_added_and_removed_is_named(edited: Edited) -> None:
    told = edited(
        ("        withdraw:\n", "        give-up:\n"), ("statistics: {by: [applying_for], suppress_below: 5}", "")
    )
    assert "removed action received/withdraw" in told
    assert "added action received/give-up" in told
    assert any(line.startswith("changed ground statistics") for line in told)


@pytest.mark.parametrize("name", ["restaurant-licence", "vaccination-booking", "smart-lab", "return2hk"])
def test_no_change_of_a_definition_goes_untold(name: str) -> None:
    """Whatever part of the language is left out of a service, a line says so: also of words that are added later."""
    service = load_service(PACK_FOLDER / "services" / name, PACK)
    for field in Service.model_fields:
        value = getattr(service, field)
        if field in {"service", "version", "form", "flow"} or not value:
            continue
        empty = type(value)() if isinstance(value, dict | tuple) else None
        if empty is None:
            continue
        assert differences(service, service.model_copy(update={field: empty})), field
    assert differences(service, service) == []


def test_a_number_that_is_written_in_another_way_is_no_change() -> None:
    """The limits that a question has by itself and those that a file gives are compared by value."""

    def asking(limits: str) -> Service:
        label = "label: {en: Sum, zh-hant: 金額}"
        return small_services.service(
            "sums", "SU", SUMS.replace("LIMITS", f"{label}, {limits}").replace("LABEL", label)
        )

    published = Service.model_validate(jsontext.loads(load.canonical(asking("max: 10.50"))))
    assert differences(published, asking("max: 10.5")) == []
    assert differences(asking("max: 10"), asking("min: 0, max: 10.0")) == []
    assert differences(asking("max: 10"), asking("max: 11")) == ["changed question sum: max was 10 and is now 11"]


SUMS = """
form: [{page: sums, questions: [{sum: {type: money, LIMITS}}]}]
flow:
  start: received
  states:
    received: {LABEL, actions: {end: {LABEL, to: done}}}
    done: {LABEL, final: true, result: completed}
retention: {completed: 1 year}
"""


def test_diff_of_two_folders_prints_the_lines_and_answers_as_other_programs_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("old", "new"):
        shutil.copytree(PACK_FOLDER / "services" / "smart-lab", tmp_path / name / "smart-lab")
    folders = [str(tmp_path / name / "smart-lab") for name in ("old", "new")]
    assert cli.main(["diff", *folders]) == 0
    assert "say the same" in capsys.readouterr().out
    file = tmp_path / "new" / "smart-lab" / "service.yaml"
    file.write_text(re.sub(r"minutes: \d+", "minutes: 59", file.read_text("utf-8")), "utf-8")
    assert cli.main(["diff", *folders, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["open_cases"] == []
    assert len(told["differences"]) == 1
    assert told["differences"][0].endswith("and is now 59")


@pytest.mark.parametrize("name", ["restaurant-licence", "vaccination-booking"])
def test_a_copy_of_a_service_is_whole_at_once(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--like", name, "--into", str(tmp_path), "--title", "Kiosk permit", "--title-zh", "小販亭許可證"]
    assert cli.main(["new-service", "kiosk-permit", *words]) == 0, capsys.readouterr().out
    copied = load_service(tmp_path / "kiosk-permit", PACK)
    original = load_service(PACK_FOLDER / "services" / name, PACK)
    assert (copied.service, copied.version) == ("kiosk-permit", 1)
    assert copied.title.in_("en") == "Kiosk permit"
    assert copied.reference != original.reference
    assert list(copied.questions) == list(original.questions)
    text = (tmp_path / "kiosk-permit" / "service.yaml").read_text("utf-8")
    assert name not in text
    examples = [path.name for path in (tmp_path / "kiosk-permit" / "examples").iterdir()]
    assert sorted(examples) == sorted(p.name for p in (PACK_FOLDER / "services" / name / "examples").iterdir())
    assert cli.main(["check", str(tmp_path / "kiosk-permit")]) == 0


def test_why_a_story_cannot_be_played_is_told_in_words() -> None:
    assert reason(KeyReused("dog-boarding")) == (
        "The idempotency key was used before with other content (dog-boarding)"
    )
    assert reason(ZeroDivisionError("by nothing")) == "ZeroDivisionError: by nothing"


@pytest.mark.parametrize(
    ("sentence", "service", "stands"),
    [
        ("why: the register has entry E-1 already, with the same unique facts", "smart-lab", "start"),
        ("why: the entry that it acts on does not stand any more", "restaurant-licence", "start"),
        ("why: '{quoted}' is not known: x is missing", "restaurant-licence", "quoted"),
    ],
)
def test_why_something_was_not_allowed_is_told_where_it_happened(sentence: str, service: str, stands: str) -> None:
    """Also in another service of the story, and where no place of the definition says it."""
    own, other = (load_service(PACK_FOLDER / "services" / name, PACK) for name in ("smart-lab", service))
    start = other.flow.states[other.flow.start]
    quoted = other.eligibility[0].unless.source if stands == "quoted" else ""
    path = sorted((PACK_FOLDER / "services" / "smart-lab" / "examples").glob("*.yaml"))[0]
    near = ("flow", "states", start.name)
    found = Difference(sentence.replace("{quoted}", quoted), (), service, near)
    (place,) = _places(Differs("applying", [found]), read_story(path, own, PACK), own, PACK)
    file, line, *_ = place.split(":")
    written = Path(file).read_text("utf-8").splitlines()[int(line) - 1]
    assert Path(file).parent.name == service
    assert (quoted or f"{start.name}:") in written
