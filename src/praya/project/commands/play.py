"""`praya play`: the examples of services, played through the real journey in a database that is thrown away."""

import argparse
import json
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from praya.definition.source import Problem
    from praya.project.designing.rehearsal import Rehearsed
    from praya.project.designing.targets import Target

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("play", help="play the examples of services and say what turns out otherwise")
    parser.add_argument("path", nargs="*", help="a pack, a service or one example (the installation's pack)")
    parser.add_argument("--quiet", action="store_true", help="show only the examples that turn out otherwise")
    parser.add_argument("--letters", action="store_true", help="show what each letter says, and to whom it goes")
    parser.add_argument("--json", action="store_true", help="print the transcripts as JSON")
    parser.add_argument(
        "--record", metavar="NAME", help="make examples/NAME.yaml from what was just done in the service's preview"
    )


def run(args: argparse.Namespace) -> int:
    """Play every example; exit code 1 when an outcome differs from what is expected."""
    from praya.kernel import jsontext
    from praya.project import config
    from praya.project.designing import checking, rehearsal, targets

    began = monotonic()
    target = targets.one_pack(args.path, installed=config.load().pack)
    if args.record is not None:
        return _record(target, args.record)
    pack_check = checking.check(target)
    playable = [one for one in pack_check.checked if one.playable]
    if pack_check.errors and not playable:
        return _refuse(pack_check.errors, as_json=args.json)
    only = _only_examples(args.path)
    played: list[Rehearsed] = []
    with rehearsal.stage(target.pack):
        assert pack_check.pack is not None  # noqa: S101 (without a pack there are errors)
        services = [one.service for one in playable if one.service]
        rehearsal.publish(services, pack_check.pack, [story for one in playable for story in one.stories])
        for one in playable:
            for story in (story for story in one.stories if not only or story.path in only):
                assert one.service is not None  # noqa: S101 (said above; mypy does not see it)
                assert pack_check.pack is not None  # noqa: S101
                played.append(rehearsal.rehearse(story, one.service, pack_check.pack, letters=args.letters))
                if not args.json:
                    _show(played[-1], quiet=args.quiet)
    different = sum(bool(one.difference) for one in played)
    if args.json:
        report = [*map(_plain, played), *map(_as_difference, pack_check.errors)]
        print(jsontext.dumps(report, indent=2))
    elif pack_check.errors:
        _tell(pack_check.errors)
        print(
            f"{_examples(len(played))} played; {different} turned out otherwise. The rest waits until these are mended."
        )
    elif not played:
        print("There is no example to play. Each service needs some in its folder examples/.")
    elif different:
        print(f"{different} of {len(played)} examples turned out otherwise than expected.")
    else:
        number = "The example" if len(played) == 1 else f"All {len(played)} examples"
        print(f"{number} turned out as expected ({monotonic() - began:.1f} s).")
    return 1 if different or pack_check.errors or not played else 0


def _examples(number: int) -> str:
    return "1 example was" if number == 1 else f"{number} examples were"


def _record(target: "Target", name: str) -> int:
    """Write the example, play it, and show it."""
    from praya.project.designing import rehearsal, story_recording
    from praya.project.designing.targets import shown
    from praya.project.refusal import Refused

    if len(target.services) != 1:
        raise Refused("--record makes an example of one service: name its folder.")
    with rehearsal.stage(target.pack):
        path, played = story_recording.record(target.services[0], target.pack, name)
    _show(played, quiet=False)
    if played.difference:
        return 1
    print(f"{shown(path)} was written. Give it a title that says who does what, and play it with `praya play`.")
    return 0


def _refuse(problems: "Sequence[Problem]", *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(list(map(_as_difference, problems)), ensure_ascii=False, indent=2))
    else:
        _tell(problems)
        print("Nothing was played: mend these first. `praya check` says the same.")
    return 1


def _tell(problems: "Sequence[Problem]") -> None:
    for problem in problems:
        print(problem)


def _as_difference(problem: "Problem") -> dict[str, Any]:
    return {"file": problem.file, "difference": str(problem)}


def _only_examples(paths: list[str]) -> set[Any]:
    """The example files that were named themselves; empty when a path names more than examples."""
    from pathlib import Path

    named = {Path(path).resolve() for path in paths}
    return named if named and all(path.parent.name == "examples" and path.is_file() for path in named) else set()


def _show(one: "Rehearsed", *, quiet: bool) -> None:
    if quiet and not one.difference:
        return
    from praya.project.designing.targets import shown

    print(f"{'✗' if one.difference else '✓'} {one.service} · {one.title}")
    for line in one.transcript:
        print(f"    {_with_weekday(line)}")
    if one.difference:
        if one.places:
            print("\n".join((f"    otherwise {one.when}:", *(f"      {place}" for place in one.places))))
        else:
            print(f"    otherwise: {one.difference}\n    in {shown(one.path)}")


def _with_weekday(line: str) -> str:
    """A day with its weekday, which explains the length of a deadline in working days."""
    if line.startswith(" "):
        return line
    day, rest = line[:10], line[10:]
    return f"{datetime.fromisoformat(day):%a} {day}{rest}"


def _plain(one: "Rehearsed") -> dict[str, Any]:
    from praya.project.designing.targets import shown

    return {
        "service": one.service,
        "example": one.title,
        "file": shown(one.path),
        "transcript": list(one.transcript),
        "difference": one.difference or None,
        "places": list(one.places),
    }
