"""Checking services without a database: every problem at once, with its place, examples included."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from praya.definition import own_words as definition_words
from praya.definition import roles
from praya.definition.chapters import CHAPTERS
from praya.definition.chapters.matters import matter_service
from praya.definition.check import about_another, in_file, problems_between
from praya.definition.load import examine_service, load_pack, load_service
from praya.definition.pack import Pack
from praya.definition.partial import Part
from praya.definition.places import with_effects
from praya.definition.questions import MESSAGES
from praya.definition.service import Service
from praya.definition.shared import resolved
from praya.definition.source import Broken, Message, Problem, Source, read, scan, unknown
from praya.journey import own_words as journey_words
from praya.kernel import clock, plug
from praya.kernel.expression import nearest
from praya.kernel.text import LANGUAGES
from praya.project.designing import advice
from praya.project.designing.stories import Story, files, read_stories
from praya.project.designing.targets import Target, shown
from praya.web import words

MOST = 100
# Every address uses the list of districts.
TAKEN_BY_ITSELF = {"districts"}
# The prefix of case numbers in the text of a file that is not parsed: `reference: RL`, `"reference": "RL"`.
_LETTERS = re.compile(r"\breference[\"']?\s*:\s*[\"']?([A-Z]{2,4})\b")


@dataclass(frozen=True)
class Checked:
    """The check of one service file: its service and examples, and every problem."""

    path: Path
    service: Service | None
    stories: tuple[Story, ...] = ()
    examples: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def fine(self) -> bool:
        """Whether the service has no error; warnings are allowed."""
        return self.service is not None and all(problem.level != "error" for problem in self.problems)

    @property
    def playable(self) -> bool:
        """Whether the service's readable examples can be played: the errors are only in other examples."""
        wrong = [Path(problem.file) for problem in self.problems if problem.level == "error"]
        return self.service is not None and all(path.parent == self.path.parent / "examples" for path in wrong)


@dataclass(frozen=True)
class PackCheck:
    """The check of one pack's services. `pack` is None when the pack itself cannot be read."""

    folder: Path
    pack: Pack | None
    checked: tuple[Checked, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    @property
    def all_problems(self) -> list[Problem]:
        """Every problem, those of the pack first."""
        problems = [*self.problems, *(problem for one in self.checked for problem in one.problems)]
        return [replace(problem, file=shown(problem.file)) for problem in problems]

    @property
    def errors(self) -> list[Problem]:
        """The problems that are errors, not warnings."""
        return [problem for problem in self.all_problems if problem.level == "error"]


def check(target: Target) -> PackCheck:
    """Check the services of a target, and its pack when the whole pack is meant."""
    try:
        pack = load_pack(target.pack)
    except Broken as broken:
        return PackCheck(target.pack, None, problems=broken.problems)
    checked = tuple(check_service(path, pack) for path in target.services)
    problems = [
        *_references(target.pack, checked),
        *_subjects(target.pack, checked, pack),
        *_links(target.pack, checked),
    ]
    problems += [*_registers(target.pack, checked), *_let_in(target.pack, checked, pack)]
    if target.whole:
        problems += [*_sample(target.pack, pack), *_unused(target.pack, pack, checked), *_words(target.pack, pack)]
        problems += _guides(target.pack, pack)
    for kind in target.kinds:
        problems += problems_of_plug_files(target.pack, pack, kind, only=() if target.whole else target.plug_files)
    return PackCheck(target.pack, pack, checked, problems)


def publish_plug_files(folder: Path, pack: Pack, kind: plug.PackFiles, *, at: datetime, by: str) -> None:
    """Publish a pack's files of a kind that a plug brings, all of them. Raises Broken at the first that is wrong."""
    if kind.publish:
        read_file = plug.value(kind.read)
        values = [read_file(path, pack) for path in sorted((folder / kind.folder).glob(kind.pattern))]
        plug.value(kind.publish)(values, at=at, by=by)


def problems_of_plug_files(
    folder: Path, pack: Pack, kind: plug.PackFiles, *, only: Sequence[Path] = ()
) -> Iterator[Problem]:
    """The problems of a pack's files of a kind that a plug brings; `only` restricts them to these files."""
    for path in sorted((folder / kind.folder).glob(kind.pattern)):
        if only and path not in only:
            continue
        try:
            plug.value(kind.read)(path, pack)
        except Broken as broken:
            yield from broken.problems


def check_service(path: Path, pack: Pack) -> Checked:
    """Check one service.yaml and the examples beside it. Never raises, whatever the files hold."""
    count = len(files(path))
    try:
        examined = examine_service(path, pack)
        part = Part(examined.service, examined.source) if examined.service and examined.source else examined.part
        if part is None or part.stand_ins & {"form", "flow"}:
            # Examples can only be checked if there is a form and a flow.
            return Checked(path, None, examples=count, problems=_in_order(examined.problems))
        stories, problems = read_stories(path, part.service, pack)
        problems = [*examined.problems, *(problem for problem in problems if part.concerns(problem))]
        if examined.service is None:
            return Checked(path, None, examples=count, problems=_in_order(problems))
        # With a broken example, it is unknown whether some example reaches an end.
        readable = () if any(problem.level == "error" for problem in problems) else stories
        problems += advice.warnings(
            examined.service, part.source, pack, readable, today=pack.calendar.day_of(clock.now())
        )
        if not count and part.source is not None:
            none = Message("no-example", "the service has no example: nobody has seen it work")
            problems.append(part.source.problem(("service",), none, "warning"))
        return Checked(path, examined.service, tuple(stories), count, _in_order(problems))
    except Exception as problem:  # noqa: BLE001 (a designer meets a sentence, whatever a file holds)
        message = f"cannot be understood here or below: {type(problem).__name__}: {problem}"
        return Checked(path, None, (), count, (Problem(str(path), 1, 1, message, code="not-understood"),))


def _in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Each problem once, in the order of the files; at most MOST, then a line that counts the rest."""
    ordered = sorted(dict.fromkeys(problems), key=lambda p: (p.file, p.line, p.column))
    if len(ordered) > MOST:
        rest = "and more problems; mend these first"
        ordered[MOST:] = [replace(ordered[MOST], message=rest, code="not-possible", where="")]
    return tuple(ordered)


def _written(path: Path, folder: Path) -> Source:
    """A service file with the pack's shared parts put in. Raises Broken when it cannot be read at all."""
    return resolved(scan(path), folder)


def _references(folder: Path, checked: Sequence[Checked]) -> list[Problem]:
    """Services whose case numbers would begin with the same letters."""
    seen: dict[str, str] = {}
    problems: list[Problem] = []
    chosen = {one.path for one in checked}
    letters = {one.service.reference for one in checked if one.service}
    for path in sorted(folder.glob("services/*/service.yaml")):
        # Of the services that are not checked, only those with the same letters in their text are parsed.
        if path in chosen or not letters.intersection(_LETTERS.findall(path.read_bytes().decode("utf-8", "replace"))):
            continue
        try:
            data = _written(path, folder).data
        except Broken:
            continue
        if isinstance(data, dict) and isinstance(data.get("reference"), str):
            seen.setdefault(data["reference"], path.parent.name)
    for one in checked:
        if one.service is None:
            continue
        other = seen.setdefault(one.service.reference, one.service.service)
        if other != one.service.service:
            message = f"case numbers of '{other}' begin with {one.service.reference} already; choose other letters"
            problems.append(_written(one.path, folder).problem(("reference",), Message("case-letters", message)))
    return problems


def _subjects(folder: Path, checked: Sequence[Checked], pack: Pack) -> list[Problem]:
    """Check services about another's entries or publications: that service exists and has the facts they name."""
    problems: list[Problem] = []
    known = {one.service.service: one.service for one in checked if one.service}
    for one in checked:
        service = one.service
        if service is None:
            continue
        others = [pair for chapter in CHAPTERS for pair in chapter.others(service)]
        for path, name in others:
            if name == service.service:
                continue
            owner, source = known.get(str(name)) or _beside(folder, str(name), pack), _written(one.path, folder)
            if owner is None:
                names = sorted(path.parent.name for path in folder.glob("services/*/service.yaml"))
                sentence = f"there is no service '{name}'{nearest(str(name), names)}"
                if name in names:
                    sentence = f"the service '{name}' has errors; mend them first"
                problems.append(source.problem(path, Message("unknown-name", sentence)))
                continue
            problems += [
                source.problem(in_file(source, place), message) for place, message in about_another(service, owner)
            ]
    return problems


def _links(folder: Path, checked: Sequence[Checked]) -> list[Problem]:
    """Check that the services to which a service leads people exist in the pack."""
    names = sorted(path.parent.name for path in folder.glob("services/*/service.yaml"))
    problems: list[Problem] = []
    for one in checked:
        if one.service is None:
            continue
        # Written outside of the pack, it is not among its files, and may lead to itself.
        there = {*names, one.service.service}
        missing = [pair for chapter in CHAPTERS for pair in chapter.links(one.service) if pair[1] not in there]
        if missing:
            source = _written(one.path, folder)
            problems += [source.problem(path, unknown("service", name, names)) for path, name in missing]
    return problems


def _let_in(folder: Path, checked: Sequence[Checked], pack: Pack) -> list[Problem]:
    """Check the services whose cases may act on those of another: that they exist and are about it."""
    problems: list[Problem] = []
    known = {one.service.service: one.service for one in checked if one.service}
    for one in checked:
        owner = one.service
        for state in owner.flow.states.values() if owner else ():
            for action in state.actions.values():
                for index, name in enumerate(action.for_cases_of):
                    place = ("flow", "states", state.name, "actions", action.name, "for_cases_of", index)
                    other, message = known.get(name) or _beside(folder, name, pack), None
                    if other is None:
                        names = sorted(path.parent.name for path in folder.glob("services/*/service.yaml"))
                        message = Message("unknown-name", f"there is no service '{name}'{nearest(name, names)}")
                        if name in names:
                            message = Message("unknown-name", f"the service '{name}' has errors; mend them first")
                    elif owner is not None and matter_service(other) != owner.service:
                        message = Message("not-possible", f"'{name}' is not about cases of '{owner.service}'")
                    elif not any(effects.matter_does == action.name for _, effects in with_effects(other)):
                        message = Message("never-used", f"nothing in '{name}' does '{action.name}' ('matter_does')")
                    if message is not None:
                        level = "warning" if message.code == "never-used" else "error"
                        problems.append(_written(one.path, folder).problem(place, message, level))
    return problems


def _beside(folder: Path, name: str, pack: Pack) -> Service | None:
    path = folder / "services" / name / "service.yaml"
    try:
        return load_service(path, pack) if path.is_file() else None
    except Broken:
        return None


def _unused(folder: Path, pack: Pack, checked: Sequence[Checked]) -> list[Problem]:
    """Check the pack's lists and shared files that no service uses; the others are read with their services."""
    if not checked or any(one.service is None for one in checked):
        return []
    written = "".join(one.path.read_text("utf-8") for one in checked)
    written += "".join(path.read_text("utf-8") for path in folder.glob("shared/**/*.yaml"))
    named = set(re.findall(r"\blist: *['\"]?([a-z0-9_-]+)", written))
    problems = []
    for name in pack.lists:
        if name not in named | TAKEN_BY_ITSELF:
            path = folder / "lists" / f"{name}.yaml"
            problems.append(Problem(str(path), 1, 1, f"no service uses the list '{name}'", "", "warning", "never-used"))
    for path in sorted(folder.glob("shared/**/*.yaml")):
        try:
            source = read(path)
        except Broken as broken:
            problems += [problem for problem in broken.problems if problem not in problems]
            continue
        for part in source.data if isinstance(source.data, dict) else ():
            if f"{path.relative_to(folder)}#{part}" not in written:
                problems.append(source.problem((part,), Message("never-used", f"no service uses '{part}'"), "warning"))
    return problems


def _registers(folder: Path, checked: Sequence[Checked]) -> list[Problem]:
    """Look-ups in registers that no other service of the pack has."""
    asking = [
        one for one in checked if one.service and any(q.type_name == "entry" for q in one.service.all_questions())
    ]
    if not asking:
        return []
    registers = _Registers(folder)
    return [
        p for one in asking if one.service for p in problems_between(one.service, _written(one.path, folder), registers)
    ]


class _Registers(Mapping[str, list[str]]):
    """The names of the registers of a pack's services; a service is read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, list[str]] = {}

    def __getitem__(self, name: str) -> list[str]:
        if name not in self._read:
            path = self._folder / "services" / name / "service.yaml"
            if not path.is_file():
                raise KeyError(name)
            try:
                data = _written(path, self._folder).data
            except Broken:
                raise KeyError(name) from None
            named = data.get("registers") if isinstance(data, dict) else None
            self._read[name] = [str(register) for register in named] if isinstance(named, dict) else []
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.parent.name for path in self._folder.glob("services/*/service.yaml")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _words(folder: Path, pack: Pack) -> list[Problem]:
    """Words of the pages that the pack's translations lack, and translations of words that no page has."""
    below = {"questions": MESSAGES, "definition": definition_words.WORDS, "journey": journey_words.WORDS}
    known = {*words.words(), *(f"{prefix}.{key}" for prefix, texts in below.items() for key in texts)}
    source = read(folder / "pack.yaml")
    problems = []
    for language in pack.languages:
        missing = known - pack.words.get(language, {}).keys()
        if language not in LANGUAGES and missing:
            sentence = f"{len(missing)} of {len(known)} words of the pages are not in words/{language}.yaml"
            sentence += f", such as '{min(missing)}'; they are said in '{pack.languages[0]}'"
            problems.append(source.problem(("languages",), Message("words-missing", sentence), "warning"))
    for language, brought in pack.words.items():
        file = read(folder / "words" / f"{language}.yaml")
        for key in brought:
            # A key with a dot names a word of the pages; anything else is the English sentence itself.
            if re.fullmatch(r"[a-z]+\.[a-z0-9_]+", key) and key not in known:
                sentence = f"the pages have no word '{key}'{nearest(key, sorted(known))}"
                problems.append(file.problem((key,), Message("unknown-name", sentence), "warning"))
    return problems


def _guides(folder: Path, pack: Pack) -> list[Problem]:
    """Life events and seasons that name no service of the pack but nearly one."""
    source, known = read(folder / "pack.yaml"), list(_Registers(folder))
    guides = [("life_events", name, event.services) for name, event in pack.life_events.items()]
    guides += [("seasons", name, season.services) for name, season in pack.seasons.items()]
    return [
        source.problem((kind, name, "services", index), unknown("service", service, known), "warning")
        for kind, name, services in guides
        for index, service in enumerate(services)
        # Services may also be published from other folders.
        if service not in known and nearest(service, known)
    ]


def _sample(folder: Path, pack: Pack) -> list[Problem]:
    """Check that the demonstration's invented people and stories name departments and files that exist."""
    problems: list[Problem] = []
    try:
        people = read(folder / "sample" / "people.yaml") if (folder / "sample" / "people.yaml").is_file() else None
        cases = read(folder / "sample" / "cases.yaml") if (folder / "sample" / "cases.yaml").is_file() else None
    except Broken as broken:
        return broken.problems
    officers = people.data.get("officers") if people and isinstance(people.data, dict) else None
    for index, officer in enumerate(officers or ()):
        for number, role in enumerate(officer.get("roles", ()) if isinstance(officer, dict) else ()):
            if people is None:
                continue
            kind = "community" if isinstance(role, dict) and "community" in role else "department"
            of, called = (str(role.get(key)) if isinstance(role, dict) else "" for key in (kind, "role"))
            where, known = ("officers", index, "roles", number), pack.roles_in(roles.holder(role))
            if known is None:
                near = nearest(of, sorted(pack.communities if kind == "community" else pack.departments))
                problems.append(people.problem(where, Message("unknown-name", f"there is no {kind} '{of}'{near}")))
            elif called not in known:
                problems.append(people.problem(where, unknown("role", called, known)))
    for index, case in enumerate(cases.data if cases and isinstance(cases.data, list) else ()):
        name = case.get("story") if isinstance(case, dict) else case
        if cases is not None and not folder.joinpath(str(name)).is_file():
            problems.append(
                cases.problem((index,), Message("unknown-name", f"there is no example '{name}' in the pack"))
            )
    return problems
