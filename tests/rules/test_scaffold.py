"""What `praya new-service` writes is a whole service: it passes, plays, goes live, and changes with words."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests import commands

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packs" / "hongkong"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the pack without its services."""
    copy = tmp_path / "hongkong"
    shutil.copytree(FOLDER, copy, ignore=lambda folder, names: names if folder.endswith(("services", "sample")) else [])
    return copy


# One command after another in one process, which starts once.
TYPED = "import json, sys; from praya.project.cli import main; sys.exit(max(map(main, json.loads(sys.argv[1]))))"


def praya(*command: object, pack: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    return commands.praya(*command, cwd=pack.parent, PRAYA_PACK=str(pack), **settings)


def run(*python: object, pack: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *map(str, python)],
        env=kept | {"PYTHONPATH": str(ROOT / "src"), "PRAYA_PACK": str(pack)} | settings,
        cwd=pack.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


def test_a_new_service_passes_and_plays_at_once_and_holds_no_python(pack: Path) -> None:
    made = praya("new-service", "dog-boarding", "--title", 'A "dog": home', "--title-zh", "寄養狗隻", pack=pack)
    assert made.returncode == 0, made.stderr
    folder = pack / "services" / "dog-boarding"
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        "README.md", "examples/approved.yaml", "examples/too-young.yaml", "service.yaml",
    ]  # fmt: skip
    checked = praya("check", "--strict", "dog-boarding", pack=pack)
    assert (checked.returncode, checked.stderr) == (
        0,
        "1 service and 2 examples are well formed. `praya play` tells whether they turn out as they say.\n",
    )
    played = praya("play", "dog-boarding", pack=pack)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "officer approve: state approved" in played.stdout
    assert "All 2 examples turned out as expected" in played.stdout


def test_every_text_of_a_new_service_is_in_both_languages_and_explained(pack: Path) -> None:
    praya("new-service", "dog-boarding", pack=pack)
    text = (pack / "services" / "dog-boarding" / "service.yaml").read_text("utf-8")
    assert len(re.findall(r"\ben: ", text)) == text.count("zh-hant: ") > 30
    comments = [line for line in text.splitlines() if line.strip().startswith("#")]
    assert len(comments) >= 12


def test_letters_of_case_numbers_never_meet(pack: Path) -> None:
    letters = set()
    names = ("dog-boarding", "dog-bathing", "dog-breeding", "io", "i", "x1")
    lines = [*(["new-service", name] for name in names), ["check"]]
    made = run("-c", TYPED, json.dumps(lines), pack=pack)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "6 services and 12 examples are well formed" in made.stderr
    for name in names:
        text = (pack / "services" / name / "service.yaml").read_text("utf-8")
        letters.add(next(line for line in text.splitlines() if line.startswith("reference: ")).split()[1])
    assert len(letters) == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Dog Boarding",), "cannot be the name"),
        (("dogs", "--department", "afdc"), "did you mean 'afcd'?"),
        (("dogs", "--topic", "helth"), "did you mean 'health'?"),
        (("dogs", "--reference", "OI"), "without I and O"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_writes_nothing(pack: Path, arguments: tuple[str, ...], said: str) -> None:
    made = praya("new-service", *arguments, pack=pack)
    assert made.returncode == 1
    assert said in made.stderr
    assert not list((pack / "services").iterdir())


def test_a_service_that_is_there_is_never_written_over(pack: Path) -> None:
    praya("new-service", "dog-boarding", pack=pack)
    file = pack / "services" / "dog-boarding" / "service.yaml"
    file.write_text("mine", "utf-8")
    assert "is there already" in praya("new-service", "dog-boarding", pack=pack).stderr
    assert file.read_text("utf-8") == "mine"


def test_dev_passes_the_command_on() -> None:
    assert "new-service | docs) need base; praya" in (ROOT / "dev").read_text("utf-8")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.size
def test_the_gate_publishes_says_what_changes_and_refuses(pack: Path) -> None:
    demo = {"PRAYA_MODE": "demo", "PRAYA_DATA_DIR": str(pack.parent / "var")}
    praya("new-service", "dog-boarding", "--title-zh", "寄養狗隻", pack=pack)
    service = pack / "services" / "dog-boarding" / "service.yaml"
    story = service.parent / "examples" / "approved.yaml"
    assert praya("migrate", pack=pack, **demo).returncode == 0

    tried = praya("publish", "dog-boarding", "--untried", "--dry-run", pack=pack, **demo)
    assert "version 1 is its first" in tried.stdout
    assert "1 service could go live" in tried.stdout, tried.stdout
    first = praya("publish", "dog-boarding", "--untried", pack=pack, **demo)
    assert "1 service went live" in first.stdout, first.stdout + first.stderr
    assert "live already" in praya("publish", "dog-boarding", "--untried", pack=pack, **demo).stdout

    # Other contents under a version that is live.
    edit(service, "max_length: 80", "max_length: 60")
    edit(service, "clock: 10 working days", "clock: 8 working days")
    edit(service, 'value: 18, reference: "Cap. 0, section 0"}', "value: 18}, {from: 2027-01-01, value: 16}")
    refused = praya("publish", "dog-boarding", "--untried", pack=pack, **demo)
    assert refused.returncode == 1
    assert "version 1 was published and never changes" in refused.stdout
    assert "'version: 2'" in refused.stdout

    # A story that turns out otherwise.
    edit(service, "version: 1", "version: 2")
    refused = praya("publish", "dog-boarding", "--untried", pack=pack, **demo)
    assert refused.returncode == 1
    assert "due: expected 2026-03-16, found 2026-03-12" in refused.stdout

    edit(story, "due: 2026-03-16", "due: 2026-03-12")
    second = praya("publish", "dog-boarding", "--untried", pack=pack, **demo)
    assert second.returncode == 0, second.stdout
    assert "version 2 follows version 1" in second.stdout
    assert "changed question business_name: max_length was 80 and is now 60" in second.stdout
    assert "changed state received: clock was “10 working days” and is now “8 working days”" in second.stdout
    assert "changed parameter minimum_age: from 2027-01-01 is now 16" in second.stdout

    # A page that no story reaches.
    edit(service, "version: 2", "version: 3")
    edit(story, "  applying_for: business\n  business_name: Sample Bakery\n", "  applying_for: myself\n")
    refused = praya("publish", "dog-boarding", "--untried", pack=pack, **demo)
    assert "no example reaches the page 'business'" in refused.stdout
    assert refused.returncode == 1

    # An error keeps it from going live.
    edit(service, "topic: ", "topic: x")
    refused = praya("publish", "dog-boarding", "--untried", pack=pack, **demo)
    assert "there is no topic" in refused.stdout
    assert refused.returncode == 1


def test_an_example_that_turns_out_otherwise_shows_what_happened(pack: Path) -> None:
    praya("new-service", "dog-boarding", pack=pack)
    story = pack / "services" / "dog-boarding" / "examples" / "approved.yaml"
    edit(story, "expect: {state: approved,", "expect: {state: refused,")
    played = praya("play", story, "--letters", pack=pack)
    assert played.returncode == 1
    assert "┌ received, to player@example.com\n        │ " in played.stdout, "what a letter says is shown all the same"
    line = 1 + story.read_text("utf-8").partition("expect: {state: refused,")[0].count("\n")
    assert "otherwise after step 1 (officer approve):\n" in played.stdout
    assert re.search(rf"approved.yaml:{line}:\d+: state: expected 'refused', found 'approved'", played.stdout)
    assert "Thu 2026-03-05 10:00 officer approve: state approved" in played.stdout
    assert "1 of 1 examples turned out otherwise" in played.stdout


def test_what_is_wrong_elsewhere_keeps_no_other_example_from_playing(pack: Path) -> None:
    for name in ("dog-boarding", "dog-bathing"):
        praya("new-service", name, pack=pack)
    broken = pack / "services" / "dog-boarding" / "examples" / "too-young.yaml"
    broken.write_text(broken.read_text("utf-8") + "steps: [\n", "utf-8")
    edit(pack / "services" / "dog-bathing" / "service.yaml", "form:", "frm:")
    played = praya("play", pack=pack)
    assert played.returncode == 1
    assert "✓ dog-boarding" in played.stdout
    assert "dog-bathing/service.yaml" in played.stdout
    assert broken.name in played.stdout
    assert "1 example was played; 0 turned out otherwise. The rest waits until these are mended." in played.stdout
    told = json.loads(praya("play", "--json", pack=pack).stdout)
    assert [one["difference"] is None for one in told].count(True) == 1
    assert all(one["file"] for one in told)
    edit(pack / "services" / "dog-boarding" / "service.yaml", "form:", "frm:")
    assert "Nothing was played" in praya("play", pack=pack).stdout


def test_why_an_action_was_not_taken_is_told_at_its_place_in_the_definition(pack: Path) -> None:
    praya("new-service", "dog-boarding", pack=pack)
    service = pack / "services" / "dog-boarding" / "service.yaml"
    story = pack / "services" / "dog-boarding" / "examples" / "approved.yaml"
    sound = service.read_text("utf-8")

    def why() -> str:
        played = praya("play", story, pack=pack)
        assert played.returncode == 1
        assert played.stderr == ""
        assert "[error" not in played.stdout
        (line,) = re.findall(r"service\.yaml:\d+:\d+: why: .*", played.stdout)
        number = int(line.split(":")[1])
        return f"{line.partition('why: ')[2]} | {service.read_text('utf-8').splitlines()[number - 1].strip()}"

    whole = story.read_text("utf-8")
    story.write_text(whole.replace("by: officer, do: approve", "by: applicant, do: approve"), "utf-8")
    assert why().startswith("'approve' is done by officer, not by applicant | approve:")
    story.write_text(whole, "utf-8")
    edit(service, "        approve:\n", "        approve:\n          when: size(answers.applying_for) > 90\n")
    held = "size(answers.applying_for) > 90"
    assert why() == f"its condition does not hold: {held} | when: {held}"
    service.write_text(sound + "fees: [{label: {en: Fee, zh-hant: 費用}, amount: 1 / size('')}]\n", "utf-8")
    assert why().startswith("'1 / size('')' cannot be evaluated: it divides by nothing | fees:")
