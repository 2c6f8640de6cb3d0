"""`praya publish`: the gate through which a service goes live, and what it changes there."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from praya.definition.pack import Pack
    from praya.definition.service import Service
    from praya.project.designing.checking import Checked

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("publish", help="check, rehearse and publish services; say what changes")
    parser.add_argument("path", nargs="*", help="a service or the whole pack (the installation's pack)")
    parser.add_argument("--dry-run", action="store_true", help="do everything but publish")


def run(args: argparse.Namespace) -> int:
    """Lead each service through the gate; all go live or none. Exit code 1 when one is refused."""
    from praya.project import config, startup
    from praya.project.designing import checking, gate, installed, targets
    from praya.project.refusal import Refused

    if installed.prefer_demo():
        print("For the demonstration in this folder.")
    configuration = config.in_use()
    target = targets.one_pack(args.path, installed=configuration.pack)
    if target.pack != configuration.pack:
        raise Refused(f"This installation serves the pack {configuration.pack}, and these services are of another.")
    findings = checking.check(target)
    if findings.errors:
        for problem in findings.errors:
            print(problem)
        print("Nothing was published: mend these first.")
        return 1
    startup.ready_django()
    from praya.project import migration

    migration.insist_on_ready()
    assert findings.pack is not None  # noqa: S101 (a pack that cannot be read is a problem, seen above)
    changing = [one for one in findings.checked if one.service and _standing(one, findings.pack)]
    refused = [f"{one.path.parent.name}: {reason}" for one in changing for reason in _reasons(one, findings.pack)]
    if changing and not refused:
        print(f"Playing {_count(sum(len(one.stories) for one in changing), 'example')}.", flush=True)
        refused = gate.played([one.path for one in changing], target.pack)
    if refused:
        for reason in refused:
            print(f"refused: {reason}")
        print("Nothing was published.")
        return 1
    services = [one.service for one in changing if one.service]
    if args.dry_run:
        print(f"{_count(len(services), 'service')} could go live. Nothing was published: this was a dry run.")
    else:
        _publish(services, findings.pack)
        print(f"{_count(len(services), 'service')} went live." if services else "Everything here is live already.")
    return 0


def _standing(one: "Checked", pack: "Pack") -> bool:
    """Say how a service differs from what is live; answer whether it has to be published at all."""
    from praya.blocks.cases import api as cases
    from praya.journey import load
    from praya.project.designing import difference, gate

    service = one.service
    assert service is not None  # noqa: S101 (the caller has seen it)
    live = load.territory().services.get(service.service)
    if live is None:
        print(f"{service.service}: version {service.version} is its first.")
    elif load.canonical(live) == load.canonical(service):
        print(f"{service.service}: version {service.version} is live already.")
        return False
    else:
        print(f"{service.service}: version {service.version} follows version {live.version}.")
        for line in difference.differences(live, service):
            print(f"    {line}")
        tallies = cases.tally(departments=[*pack.departments], at=datetime.now(UTC))
        touched = sum(tally.open for tally in tallies if tally.service == service.service)
        print(f"    {_count(touched, 'open case')} began earlier; each keeps the version it began with.")
    if drafts := gate.drafted(service):
        print(f"    {_count(drafts, 'text')} in Simplified Chinese drafted by machine; nobody has signed them off.")
    return True


def _reasons(one: "Checked", pack: "Pack") -> list[str]:
    from praya.journey import load
    from praya.project.designing import gate

    service = one.service
    assert service is not None  # noqa: S101 (the caller has seen it)
    live = load.territory().services.get(service.service)
    reasons = list(gate.refusals(one, pack))
    if live is not None and service.version <= live.version:
        reasons.insert(
            0,
            f"version {live.version} is live and never changes; give the new contents "
            f"'version: {live.version + 1}' in {_shown(one.path)}",
        )
    return reasons


def _shown(path: Path) -> str:
    from praya.project.designing.targets import shown

    return shown(path)


def _publish(services: list["Service"], pack: "Pack") -> None:
    from django.db import transaction

    from praya.blocks.services import api as published
    from praya.journey import load, steps
    from praya.project.refusal import Refused

    at = datetime.now(UTC)
    try:
        with transaction.atomic():
            for service in services:
                load.publish(service, at=at, by="operator")
                # So that places can be booked from the first minute, not from the worker's next hour.
                steps.make_pools(service, pack, at=at)
    except published.VersionTaken as taken:
        raise Refused(f"{taken}.") from None
    load.forget()


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
