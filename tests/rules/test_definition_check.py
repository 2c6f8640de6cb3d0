"""`praya check` says what is wrong, where, and what was probably meant; never with a traceback."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests import commands
from tests.read_packs import pack_in

from praya.project.designing import checking, targets

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packs" / "hongkong"
PACK = pack_in(FOLDER)


def praya(*command: object, pack: Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return commands.praya(*command, cwd=cwd, PRAYA_PACK=str(pack))


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Hong Kong pack with one service, which `praya new-service` made."""
    copy = tmp_path_factory.mktemp("packs") / "hongkong"
    shutil.copytree(FOLDER, copy, ignore=lambda folder, names: names if folder.endswith(("services", "sample")) else [])
    result = praya("new-service", "dog-boarding", "--title-zh", "寄養狗隻", pack=copy)
    assert result.returncode == 0, result.stderr
    return copy


@pytest.fixture
def pack(tmp_path: Path, sound: Path) -> Path:
    """The same, to break."""
    return shutil.copytree(sound, tmp_path / "hongkong")


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text("utf-8").split("\n"), 1) if text in line)


def problems(pack: Path, *paths: object) -> list[dict[str, object]]:
    if paths:
        (path,) = {target.services[0] for target in targets.targets([str(p) for p in paths], installed=pack)}
        found = list(checking.check_service(path, PACK).problems)
    else:
        found = checking.check(targets.one_pack([str(pack)], installed=pack)).all_problems
    return [{"file": Path(p.file).name, "line": p.line, "message": p.message, "where": p.where} for p in found]


def test_a_sound_pack_says_how_much_of_it_is_fine() -> None:
    result = praya("check", pack=FOLDER)
    services = len(list(FOLDER.glob("services/*/service.yaml")))
    examples = len(list(FOLDER.glob("services/*/examples/*.yaml")))
    assert result.returncode == 0
    well_formed = f"{services} services and {examples} examples are well formed."
    assert result.stderr == f"{well_formed} `praya play` tells whether they turn out as they say.\n"
    assert result.stdout == ""


@pytest.mark.parametrize("folder", ["", "services", "services/dog-boarding/examples"])
def test_without_a_setting_the_pack_is_the_one_of_the_folder(pack: Path, folder: str) -> None:
    result = commands.praya("check", cwd=pack / folder)
    assert (result.returncode, result.stderr.split(" and ")[0]) == (0, "1 service"), result.stdout
    shipped = commands.praya("check", "no-such-service", cwd=pack.parent)
    assert f"in the pack {FOLDER}." in shipped.stderr


def test_every_problem_is_said_at_once_with_file_line_and_column(pack: Path) -> None:
    file = pack / "services" / "dog-boarding" / "service.yaml"
    text = (
        file.read_text("utf-8").replace("department: afcd", "department: afdc").replace("to: approved", "to: aproved")
    )
    file.write_text(text, "utf-8")
    result = praya("check", file, pack=pack, cwd=pack)
    lines = result.stdout.splitlines()
    assert result.returncode == 1
    department, to = line_of(file, "department: afdc"), line_of(file, "to: aproved")
    assert lines[0].startswith(
        f"services/dog-boarding/service.yaml:{department}:1: error: department: there is no depar"
    )
    assert "did you mean 'afcd'?" in lines[0]
    assert any(line.startswith(f"services/dog-boarding/service.yaml:{to}:") for line in lines[1:])
    assert "did you mean 'approved'?" in result.stdout
    assert result.stderr.startswith("2 errors. 0 of 1 service")


def test_json_is_for_machines(pack: Path) -> None:
    file = pack / "services" / "dog-boarding" / "service.yaml"
    file.write_text(file.read_text("utf-8").replace("topic: ", "tropic: "), "utf-8")
    told = json.loads(praya("check", "dog-boarding", "--json", pack=pack).stdout)
    assert told["services"] == [
        {"service": "dog-boarding", "file": told["services"][0]["file"], "examples": 2, "fine": False}
    ]
    assert {"file", "line", "column", "message", "where", "level"} <= set(told["problems"][0])
    assert any("'tropic' is not a word" in problem["message"] for problem in told["problems"])


# Old text, new text, the text on whose line the problem must be said, and words that it must say.
BROKEN = [
    ("service: dog-boarding", "service: dog-bording", "service: dog-bording", "but its folder is"),
    ("version: 1", "version: 0", "version: 0", "must be at least 1"),
    ("reference: ", "reference: oi # ", "reference: oi", "two to four capital letters"),
    ("minutes: 5", "minuts: 5", "minuts: 5", "did you mean 'minutes'?"),
    ("type: choice", "type: choise", "applying_for:", "did you mean 'choice'?"),
    ("    questions:\n      - name:", "    question:\n      - name:", "question:", "did you mean 'questions'?"),
    ("fill: person.name", "fill: person.nam", "fill: person.nam", "person.email, person.name"),
    ("answers.applying_for == ", "answers.aplying_for == ", "for_a_business: answers", "did you mean 'applying_for'?"),
    ("answers.applying_for == ", "answers.applying_for = ", "for_a_business: answers", "cannot be read"),
    (
        "when: conditions.for_a_business",
        "when: conditions.for_business",
        "when: conditions.for_business",
        "'for_a_business'",
    ),
    (">= parameters.minimum_age", ">= parameter.minimum_age", "unless: years", "did you mean 'parameters'?"),
    ("years_between(", "year_between(", "unless: year", "did you mean 'years_between'?"),
    ("after: about-you", "after: about-me", "after: about-me", "no page 'about-me'"),
    ("start: received", "start: recieved", "start: recieved", "did you mean 'received'?"),
    ("clock: 10 working days", "clock: ten days", "clock: ten days", "10 working days"),
    ("by: applicant", "by: aplicant", "by: aplicant", "did you mean 'applicant'?"),
    ("notify: [approved]", "notify: [aproved]", "notify: [aproved]", "no notice 'aproved'"),
    ("issue: permission", "issue: permit", "issue: permit", "no record 'permit'"),
    ("      final: true\n      result: granted", "      result: granted", "result: granted", "only a final state"),
    ("      final: true\n      result: granted", "      final: true", "    approved:", "needs its 'result'"),
    ("reason: required", "reason: yes", "reason: yes", "(known: required, optional, none)"),
    ("{case.ref} is approved", "{case.number} is approved", "{case.number}", "'case.number' does not exist"),
    ("contact: {phone: answers.telephone}", "contact: {}", "  approved:\n    subject", "needs a telephone number"),
    ("retention: {granted: 7 years, ", "retention: {", "retention: {", "ends 'granted' is kept"),
    ("retention: {granted: ", "retention: {lapsed: 1 year, granted: ", "lapsed: 1 year", "has `result: lapsed`"),
    ("by: [applying_for]", "by: [telephone]", "statistics:", "is not a choice"),
    ("{en: Received, zh-hant: 已收到申請}", "{en: Received}", "en: Received}", "missing in zh-hant"),
    ("{en: Received, zh-hant: 已收到申請}", "Received", "label: Received", "write the text in each language"),
    ("{en: Approve, zh-hant: 批准}", "{en: Approve, zh-hnat: 批准}", "zh-hnat", "did you mean 'zh-hant'?"),
    ("title: {en", "title: &t {en", "title: &t", ""),
    ("  basis: ", "  basis: *law # ", "basis: *law", ""),
    ("flow:\n", "flow: [\n", "", "is no YAML"),
    ("  - page: business\n", "  - page: about-you\n", "  - page: about-you\n    when", "two pages"),
]


@pytest.mark.parametrize(("old", "new", "there", "said"), BROKEN)
def test_a_mistake_is_said_at_its_line(pack: Path, old: str, new: str, there: str, said: str) -> None:
    file = pack / "services" / "dog-boarding" / "service.yaml"
    text = file.read_text("utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")
    found = problems(pack, file)
    if new.startswith("title: &t"):  # an anchor that nothing refers to does no harm
        assert found == []
        return
    assert any(said in str(problem["message"]) for problem in found), found
    if there:
        expected = text[: text.index(there)].count("\n") + 1
        near = {problem["line"] for problem in found if said in str(problem["message"])}
        assert any(abs(int(str(line)) - expected) <= 1 for line in near), (expected, found)


STORIES = [
    ("applying_for: business", "aplying_for: business", "did you mean 'applying_for'?"),
    ("do: approve", "do: aprove", "did you mean 'approve'?"),
    ("by: officer", "by: oficer", "did you mean 'officer'?"),
    ("expect: {state: received", "expect: {state: recieved", "did you mean 'received'?"),
    ("notices: [received]", "notices: [recieved]", "did you mean 'received'?"),
    ("result: granted", "result: grated", "did you mean 'granted'?"),
    ("record_valid: true", "record_valid: true, record: {nam: x}", "did you mean 'name'?"),
    ("record_valid: true", "recordvalid: true", "did you mean 'record_valid'?"),
    ("language: zh-hant", "language: zh-hnat", "did you mean 'zh-hant'?"),
    ("starts: ", "starts: tomorrow # ", "expected a day and time"),
    ("after: 3 working days", "after: 3 moons", "length of time"),
    ("do: approve", "do: approve, reply: {result: no-objection}", "either 'do'"),
    ("do: approve, ", "reason: Complete, ", "say what officer does"),
    ("do: approve, ", "do: approve, as: neighbour, ", "'neighbour' has applied for nothing yet"),
    ("do: approve, ", "as: neighbour, applies: dog-bording, ", "did you mean 'dog-boarding'?"),
    ("do: approve, ", "of: dog-boarding, do: approve, ", "has applied for nothing yet"),
    ("do: approve, ", "do: approve, book: [{place: x, day: 2026-03-16}], ", "the service books nothing"),
    (
        "expect: {state: received, due: 2026-03-16",
        "book: [{place: x, day: 2026-03-16}]\nexpect: {state: received",
        "books nothing",
    ),
    ("expect: {state: received, due", "expect: {errors: {name: mising}, due", "did you mean 'missing'?"),
]


@pytest.mark.parametrize(("old", "new", "said"), STORIES)
def test_a_mistake_in_a_story_is_said_at_its_line(pack: Path, old: str, new: str, said: str) -> None:
    file = pack / "services" / "dog-boarding" / "examples" / "approved.yaml"
    text = file.read_text("utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")
    found = [problem for problem in problems(pack, file) if problem["file"] == "approved.yaml"]
    expected = text[: text.index(new)].count("\n") + 1
    assert [p for p in found if said in str(p["message"]) and abs(int(str(p["line"])) - expected) <= 1], found


OWN_PAGE = """\
          label: {en: Name of the business, zh-hant: 商戶名稱}
          when: answers.own == 'x' || conditions.for_a_business
  - page: own
    when: answers.applying_for == 'myself'
    questions:
      - own: {type: text, label: {en: Own, zh-hant: 自己}}
"""
FOUND_LATER = """\
          to: approved
          when: findings.dogs > 1
        refuse:
          ask: [{dogs: {type: number, label: {en: Dogs, zh-hant: 狗隻}}}]
"""
DOUBTS = [
    ("answers.applying_for == 'business'", "answers.applying_for == 'busines'", "did you mean 'business'?"),
    (
        "answers.applying_for == 'business'",
        "\"'shop' in answers.applying_for\"",
        "'shop' is no option of 'applying_for'",
    ),
    ("answers.applying_for == 'business'", "answers.applying_for in ['myself', 'me']", "'me' is no option"),
    ("max_length: 80", "min_length: 90\n          max_length: 80", "no answer is taken"),
    ("notify: [refused]", "milestone: true", "'refused' is never sent"),
    ("issue: permission", "milestone: true", "'permission' is never issued"),
    (">= parameters.minimum_age", ">= 18", "'minimum_age' is never used"),
    ("when: conditions.for_a_business", "when: answers.applying_for == 'business'", "'for_a_business' is never used"),
    ("actions:\n", "actions:\n        wait: {label: {en: Wait, zh-hant: 等候}}\n", "does nothing"),
    (
        "actions:\n",
        "actions:\n        x: {by: system, label: {en: X, zh-hant: X}, to: refused}\n",
        "nobody is the system",
    ),
    ("to: approved", "to: approved\n          refer: [afcd]", "need not be asked"),
    (
        "label: {en: Received, zh-hant: 已收到申請}",
        "label: {en: Your turn, zh-hant: 待申請人}",
        "officers read 'Your turn'",
    ),
    (
        "{en: Approve, zh-hant: 批准}",
        "{en: Approve this application and send the licence, zh-hant: 批准}",
        "too long for a",
    ),
    (
        "{en: Approve, zh-hant: 批准}",
        "{en: Approve, zh-hant: 批准這宗申請並且立即把牌照以郵遞方式寄給申請人}",
        "too long for a b",
    ),
    (
        "{en: Name of the business, zh-hant: 商戶名稱}",
        "{en: Name, zh-hant: " + "商戶名稱" * 12 + "}",
        "too long for a question",
    ),
    ('sms: {en: "', 'sms: {en: "' + "Your dog is waiting. " * 20, "text messages long"),
    ('zh-hant: "申請 {case.ref} 已獲批准', 'zh-hant: "' + "申請已獲批准" * 25, "text messages long"),
    ("en: Anyone aged 18 or above.", "en: " + "Anyone who is old enough and " * 8 + "comes.", "make two of it"),
    ("zh-hant: 年滿 18 歲人士。", "zh-hant: " + "年滿十八歲而且願意申請的人士" * 8, "make two of it"),
    (
        "en: Anyone aged 18 or above.",
        "en: " + "Organisations requiring authorisation notwithstanding registration. " * 6,
        "hard to read",
    ),
    ("          type: phone\n          personal: true\n", "          type: phone\n", "say 'personal: true'"),
    ("needs:\n  - {en: Your telephone number, zh-hant: 你的電話號碼}\n", "", "add 'needs'"),
    (
        "  - page: about-you\n",
        "  - page: about-you\n    when: answers.applying_for == 'business'\n",
        "asked only on page",
    ),
    ("          type: declaration\n", "          type: declaration\n          when: 1 > 2\n", "this never holds"),
    ("clock: 10 working days", "next: [{when: conditions.for_a_business, to: received}]", "leads to the state itself"),
    (
        "          label: {en: Name of the business, zh-hant: 商戶名稱}\n",
        OWN_PAGE,
        "'answers.own' is never known here: page 'own' asks it",
    ),
    ("          to: approved\n        refuse:\n", FOUND_LATER, "no case comes to 'received' after it is asked"),
]


@pytest.mark.parametrize(("old", "new", "said"), DOUBTS)
def test_what_is_most_likely_not_meant_is_a_warning(pack: Path, old: str, new: str, said: str) -> None:
    file = pack / "services" / "dog-boarding" / "service.yaml"
    text = file.read_text("utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    file.write_text(text, "utf-8")
    checked = checking.check_service(file, PACK)
    assert checked.fine, checked.problems
    doubts = [problem for problem in checked.problems if said in problem.message]
    assert [problem.level for problem in doubts] == ["warning"], checked.problems
    if "never" not in said and "needs" not in said:
        assert abs(doubts[0].line - text[: text.index(new)].count("\n") - 1) <= 1


def test_the_services_of_the_pack_raise_no_doubt() -> None:
    for path in sorted(FOLDER.glob("services/*/service.yaml")):
        assert checking.check_service(path, PACK).problems == ()


HOSTILE = {
    "nothing": b"",
    "not utf-8": b"service: \xff\xfe",
    "a list": b"- service: x\n",
    "a word": b"hello",
    "deep": b"[" * 5000,
    "laughs": b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "huge": b"a: b\n" * 200_000,
    "a tab": b"service:\n\tname: x\n",
    "numbers as keys": b"1: 2\n",
    "a tag": b"service: !!python/object/apply:os.system [echo hi]\n",
    "two documents": b"service: x\n---\nservice: y\n",
    "a key twice": b"service: x\nservice: y\n",
    "nulls": b"service:\nform:\nflow:\n",
    "wrong kinds": b"service: 1\nform: {a: b}\nflow: [1]\nretention: x\nconditions: [x]\nnotices: 3\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_a_file_makes_a_traceback(pack: Path, name: str) -> None:
    file = pack / "services" / "dog-boarding" / "service.yaml"
    file.write_bytes(HOSTILE[name])
    found = problems(pack, file)
    assert found
    assert all(problem["file"] == "service.yaml" for problem in found)


def test_two_services_cannot_share_the_letters_of_their_case_numbers(pack: Path) -> None:
    shutil.copytree(pack / "services" / "dog-boarding", pack / "services" / "dog-bathing")
    file = pack / "services" / "dog-bathing" / "service.yaml"
    file.write_text(file.read_text("utf-8").replace("service: dog-boarding", "service: dog-bathing"), "utf-8")
    assert any("choose other letters" in str(problem["message"]) for problem in problems(pack))


def test_what_a_shared_part_brings_is_seen_beside_the_other_services(pack: Path) -> None:
    shutil.copytree(pack / "services" / "dog-boarding", pack / "services" / "dog-bathing")
    file = pack / "services" / "dog-bathing" / "service.yaml"
    text = file.read_text("utf-8").replace(
        "service: dog-boarding", "use: shared/letters.yaml#letters\nservice: dog-bathing"
    )
    file.write_text(text.replace("\nreference: DB\n", "\n"), "utf-8")
    (pack / "shared").mkdir(exist_ok=True)
    (pack / "shared" / "letters.yaml").write_text("letters: {reference: DB}\n", "utf-8")
    assert any("choose other letters" in str(problem["message"]) for problem in problems(pack))
    result = praya("check", pack / "services", pack=pack)
    assert (result.returncode, result.stderr) == (1, "1 error. 1 of 2 services without errors.\n"), result.stdout


def test_of_a_shared_file_that_cannot_be_read_only_that_is_told(pack: Path) -> None:
    file = pack / "services" / "dog-boarding" / "service.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("\nlegal:\n", "\nlegal:\n  use: shared/words.yaml#legal\n", 1), "utf-8")
    (pack / "shared").mkdir(exist_ok=True)
    (pack / "shared" / "words.yaml").write_text("legal:\n  basis: Cap. 1\n    purpose: x\n", "utf-8")
    assert {(problem["file"], problem["line"]) for problem in problems(pack)} == {("words.yaml", 3)}


def test_a_story_of_somebody_who_is_refused_tells_the_rule_and_the_way_there(pack: Path) -> None:
    folder = pack / "services" / "dog-boarding"
    file = folder / "examples" / "approved.yaml"
    file.write_text(file.read_text("utf-8").replace("1985-03-27", "2015-03-27"), "utf-8")
    told = praya("play", file, pack=pack)
    said = told.stdout + told.stderr
    assert told.returncode == 1
    assert "applicant applies: not eligible: You can apply from your 18th birthday" in said
    rule = line_of(folder / "service.yaml", "- unless: years_between(")
    assert f"service.yaml:{rule}:" in said
    assert "this rule refuses: unless years_between(answers.birth_date, today) >= parameters.minimum_age" in said


def test_of_a_broken_example_it_is_not_said_that_none_comes_to_an_end(pack: Path) -> None:
    file = pack / "services" / "dog-boarding" / "examples" / "approved.yaml"
    file.write_text(file.read_text("utf-8").replace("do: approve", "do: approve, answers: {dogs: 1}"), "utf-8")
    (found,) = [problem["message"] for problem in problems(pack, file)]
    assert found == "the action 'approve' does not ask 'dogs'; it asks nothing"


@pytest.mark.parametrize(
    "path", ["nowhere", "dog-bording", "hongkong/lists", "hongkong/services/dog-boarding/README.md"]
)
def test_a_path_that_is_no_service_is_a_sentence(pack: Path, path: str) -> None:
    result = praya("check", path, pack=pack, cwd=pack.parent)
    assert result.returncode == 1
    assert result.stderr.startswith("praya check: ")
    assert "Traceback" not in result.stderr


def test_a_broken_pack_is_a_sentence_too(pack: Path) -> None:
    file = pack / "pack.yaml"
    file.write_text(file.read_text("utf-8").replace("departments:", "departements:"), "utf-8")
    result = praya("check", pack=pack)
    assert result.returncode == 1
    assert "did you mean 'departments'?" in result.stdout
    assert "in the pack" in result.stderr
