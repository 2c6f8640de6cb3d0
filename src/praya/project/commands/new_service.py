"""`praya new-service`: a small, complete service to begin from, which passes check and play at once."""

import argparse
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

NEEDS_DJANGO = False
SCAFFOLD = Path(__file__).resolve().parents[1] / "scaffold"
NOT_USED = "IO"  # case numbers exclude letters that look like digits


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("new-service", help="write a small, complete service to begin from")
    parser.add_argument("name", help="small letters and hyphens, such as dog-boarding")
    parser.add_argument("--title", help="its title in English (made from the name)")
    parser.add_argument("--title-zh", help="its title in Traditional Chinese")
    parser.add_argument("--department", help="the department that runs it (the pack's first)")
    parser.add_argument("--topic", help="the heading under which it is found (the pack's last)")
    parser.add_argument("--reference", help="the letters with which its case numbers begin (made from the name)")
    parser.add_argument("--like", metavar="OTHER", help="begin with a copy of another service: its name or folder")
    parser.add_argument("--into", type=Path, help="the folder of services to write into (the pack's services/)")


def run(args: argparse.Namespace) -> int:
    """Write the folder, check it, and say what comes next."""
    from praya.definition.load import load_pack
    from praya.definition.source import Broken
    from praya.project import config
    from praya.project.designing import service_copy
    from praya.project.designing.targets import shown
    from praya.project.refusal import Refused

    if not re.fullmatch(r"[a-z][a-z0-9-]{0,59}", args.name):
        raise Refused(f"'{args.name}' cannot be the name: it is small letters, digits and hyphens, like dog-boarding.")
    into = (args.into or config.load().pack / "services").resolve()
    folder = into / args.name
    if folder.exists():
        raise Refused(f"{shown(folder)} is there already; choose another name.")
    pack_folder = next((p for p in [into, *into.parents] if p.joinpath("pack.yaml").is_file()), config.load().pack)
    try:
        pack = load_pack(pack_folder)
    except Broken as broken:
        raise Refused(f"The pack cannot be read. Mend it first:\n{broken}") from None
    if args.like is not None:
        service_copy.copy(args.like, folder, _changed(args, pack, pack_folder), installed=config.load().pack)
        return _say_copied(folder, pack_folder, args)
    words = {
        "service": args.name,
        "title_en": _quotable(args.title or args.name.replace("-", " ").capitalize()),
        "title_zh": _quotable(args.title_zh or "新服務（請填寫中文名稱）"),
        "department": _known("department", args.department, list(pack.departments), otherwise=0),
        "topic": _known("topic", args.topic, list(pack.topics), otherwise=-1),
        "reference": _reference(args.reference, args.name, _taken(pack_folder)),
    }
    _write(folder, words)
    return _say(folder, pack_folder, args, words)


def _changed(args: argparse.Namespace, pack: Any, pack_folder: Path) -> dict[str, str]:
    """The values in which a copy differs from the service that is copied."""
    title_en, title_zh = args.title or args.name.replace("-", " ").capitalize(), args.title_zh
    changes = {
        "service": args.name,
        "version": "1",
        "reference": _reference(args.reference, args.name, _taken(pack_folder)),
        "title": f'{{en: "{_quotable(title_en)}", zh-hant: "{_quotable(title_zh or "新服務（請填寫中文名稱）")}"}}',
    }
    if args.department is not None:
        changes["department"] = _known("department", args.department, list(pack.departments), otherwise=0)
    if args.topic is not None:
        changes["topic"] = _known("topic", args.topic, list(pack.topics), otherwise=-1)
    return changes


def _say_copied(folder: Path, pack: Path, args: argparse.Namespace) -> int:
    from praya.project.designing import checking, targets

    findings = checking.check(targets.one_pack([str(folder)], installed=pack))
    for problem in findings.errors:
        print(problem)
    if findings.errors:
        print("The copy is written, but it was made for another pack. Mend these first.")
        return 1
    name = args.name
    print(f"{targets.shown(folder)} is a copy of {args.like}, with its name, case numbers and title changed.")
    print("It passes `praya check`. Its texts, its law and its examples are still those of the other service.")
    if args.title_zh is None:
        print("  --title-zh was not given: fill in the Chinese title in service.yaml")
    _say_next(name, folder)
    return 0


def _say_next(name: str, folder: Path) -> None:
    """Print the next commands in the form that works here: through ./dev in a checkout, with the pack in use."""
    from praya.project import config
    from praya.project.designing.targets import shown

    praya = "./dev praya" if Path("dev").is_file() else "praya"
    pack = os.environ.get("PRAYA_PACK")
    praya = f"PRAYA_PACK={shlex.quote(pack)} {praya}" if pack else praya
    what = name if folder.parent == (config.load().pack / "services").resolve() else shlex.quote(shown(folder))
    print("Next: edit service.yaml, then")
    for command in ("check", "play", "preview"):
        print(f"  {praya} {command} {what}")


def _say(folder: Path, pack: Path, args: argparse.Namespace, words: dict[str, str]) -> int:
    from praya.project.designing import checking, targets

    findings = checking.check(targets.one_pack([str(folder)], installed=pack))
    for problem in findings.errors:
        print(problem)
    if findings.errors:
        return 1
    print(f"{targets.shown(folder)} is a whole service and passes `praya check`:")
    print("  service.yaml   the definition; its comments say what each part does")
    print("  examples/      two stories that `praya play` plays")
    print("  README.md      what it follows")
    chosen = {"--title-zh": "title_zh", "--department": "department", "--topic": "topic"}
    for option, word in chosen.items():
        if getattr(args, option.removeprefix("--").replace("-", "_")) is None:
            print(f"  {option} was not given: it is {words[word]} now; change it in service.yaml")
    name = args.name
    _say_next(name, folder)
    return 0


def _write(folder: Path, words: dict[str, str]) -> None:
    for source in sorted(path for path in SCAFFOLD.rglob("*") if path.is_file()):
        target = folder / source.relative_to(SCAFFOLD)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(source.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
        # These are for everybody who works on the pack, unlike whatever else Praya writes.
        target.chmod(0o644)
        target.parent.chmod(0o755)


def _known(kind: str, given: str | None, known: list[str], *, otherwise: int) -> str:
    from praya.kernel.expression import among
    from praya.project.refusal import Refused

    if given is None:
        return known[otherwise]
    if given not in known:
        raise Refused(f"The pack has no {kind} '{given}'{among(given, known)}")
    return given


def _taken(pack: Path) -> set[str]:
    """The letters of case numbers that other services of the pack use."""
    from praya.definition.source import Broken, read

    taken = set()
    for path in pack.glob("services/*/service.yaml"):
        try:
            data = read(path).data
        except Broken:
            continue
        if isinstance(data, dict):
            taken.add(str(data.get("reference")))
    return taken


def _reference(given: str | None, name: str, taken: set[str]) -> str:
    from praya.project.refusal import Refused

    if given is not None:
        if not re.fullmatch(r"[A-HJ-NP-Z]{2,4}", given):
            raise Refused(f"'{given}' cannot begin a case number: it is two to four capital letters without I and O.")
        if given in taken:
            raise Refused(f"Case numbers of another service begin with {given} already.")
        return given
    return next(letters for letters in _letters(name) if letters not in taken)


def _letters(name: str) -> Iterator[str]:
    """Letters for case numbers: the initials of the name, then its other letters, then any."""
    words = [re.sub(f"[^A-Z]|[{NOT_USED}]", "", word.upper()) for word in name.split("-")]
    words = [word for word in words if word]
    initials = "".join(word[0] for word in words)[:4]
    letters = "".join(words)
    if len(initials) >= 2:
        yield initials
    for first in letters[:1] or "S":
        for second in letters[1:] + "ABCDEFGHJKLMNPQRSTUVWXYZ":
            yield first + second
    for second in "ABCDEFGHJKLMNPQRSTUVWXYZ":
        for third in "ABCDEFGHJKLMNPQRSTUVWXYZ":
            yield (letters[:1] or "S") + second + third


def _quotable(title: str) -> str:
    """A title, escaped for double quotes in YAML."""
    return re.sub(r"\s+", " ", title).strip().replace("\\", "\\\\").replace('"', '\\"')
