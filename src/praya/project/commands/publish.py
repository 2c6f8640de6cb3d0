"""`praya publish`: publish services that pass the gate, live or in the sandbox, and say what changes."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from praya.definition.pack import Pack
    from praya.definition.service import Service
    from praya.project.designing.checking import Checked

NEEDS_DJANGO = False
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("publish", help="check, rehearse and publish services; say what changes")
    parser.add_argument("path", nargs="*", help="a service or the whole pack (the installation's pack)")
    parser.add_argument(
        "--stage",
        choices=("sandbox", "live"),
        default="live",
        help="sandbox: only officers see and try it; live: everybody uses it (live)",
    )
    parser.add_argument(
        "--untried",
        action="store_true",
        help="an emergency: let live what was not tried in the sandbox; the journal says so",
    )
    parser.add_argument("--dry-run", action="store_true", help="do everything but publish")


def run(args: argparse.Namespace) -> int:
    """Check each service at the gate and publish all or none; exit code 1 when one is refused."""
    from praya.project import config, operators, startup
    from praya.project.designing import checking, gate, installed, targets
    from praya.project.refusal import Refused

    if installed.prefer_demo():
        print("For the demonstration in this folder.")
    configuration = config.in_use()
    target = targets.one_pack(args.path, installed=configuration.pack)
    if target.pack != configuration.pack:
        raise Refused(f"This installation serves the pack {configuration.pack}, and these services are of another.")
    pack_check = checking.check(target)
    if pack_check.errors:
        for problem in pack_check.errors:
            print(problem)
        print("Nothing was published: mend these first.")
        return 1
    startup.ready_django()
    from praya.project import migration

    migration.insist_on_ready()
    assert pack_check.pack is not None  # noqa: S101 (a pack that cannot be read is a problem, seen above)
    live = args.stage == "live"
    changing = [one for one in pack_check.checked if one.service and _standing(one, pack_check.pack, live=live)]
    refused = [
        f"{one.path.parent.name}: {reason}"
        for one in changing
        for reason in _reasons(one, pack_check.pack, live=live, untried=args.untried)
    ]
    if changing and not refused and live:
        print(f"Playing {_count(sum(len(one.stories) for one in changing), 'example')}.", flush=True)
        refused = gate.played([one.path for one in changing], target.pack)
    if refused:
        for reason in refused:
            print(f"refused: {reason}")
        print("Nothing was published.")
        return 1
    services = [one.service for one in changing if one.service]
    code = _published(args, services, pack_check.pack, live=live)
    if live and not args.dry_run:
        for kind in target.kinds:
            checking.publish_plug_files(
                pack_check.folder, pack_check.pack, kind, at=datetime.now(UTC), by=operators.actor(args)
            )
            if kind.publish:
                print(f"The files in {kind.folder} were published.")
    return code


def _published(args: argparse.Namespace, services: list["Service"], pack: "Pack", *, live: bool) -> int:
    from praya.project import operators

    count = _count(len(services), "service")
    where = "go live" if live else "go into the sandbox"
    if args.dry_run:
        print(f"{count} could {where}. Nothing was published: this was a dry run.")
        return 0
    _publish(services, pack, live=live, by=operators.actor(args))
    if services:
        print(f"{count} went {where.removeprefix('go ')}.")
    else:
        print(f"Everything here is {'live' if live else 'in the sandbox'} already.")
    if services and not live:
        print("Officers of the departments that take part try it on their desk under “Trials”; nobody else sees it.")
    return 0


def _standing(one: "Checked", pack: "Pack", *, live: bool) -> bool:
    """Print how a service differs from its published version; return whether it has to be published at all."""
    from praya.blocks.cases import api as cases
    from praya.definition.sandbox import as_trial, trial_name
    from praya.journey import load
    from praya.project.designing import difference, gate

    service = one.service
    assert service is not None  # noqa: S101 (the caller has seen it)
    territory = load.territory()
    card = territory.live.get(service.service) if live else territory.trials.get(trial_name(service.service))
    before = load.definition(card) if card else None
    after, stands = (service, "live") if live else (as_trial(service), "in the sandbox")
    if before is None:
        print(f"{service.service}: version {service.version} is its first{'' if live else ' in the sandbox'}.")
    elif load.canonical(before) == load.canonical(after):
        print(f"{service.service}: version {service.version} is {stands} already.")
        return False
    else:
        print(f"{service.service}: version {service.version} follows version {before.version}.")
        for line in difference.differences(before, after):
            print(f"    {line}")
        tallies = cases.tally(within=cases.Access((*pack.departments,)), services=[after.service], at=datetime.now(UTC))
        touched = sum(tally.open for tally in tallies)
        print(f"    {_count(touched, 'open case')} began earlier; each keeps the version it began with.")
    if drafts := gate.drafted(service):
        print(f"    {_count(drafts, 'text')} in Simplified Chinese drafted by machine; nobody has signed them off.")
    return True


def _was_tried(service: "Service") -> bool:
    """Whether exactly this definition is in the sandbox."""
    from praya.definition.sandbox import as_trial, trial_name
    from praya.journey import load

    card = load.territory().trials.get(trial_name(service.service))
    return card is not None and load.canonical(load.definition(card)) == load.canonical(as_trial(service))


def _reasons(one: "Checked", pack: "Pack", *, live: bool, untried: bool) -> list[str]:
    """The reasons for refusing a service. Live services pass the gate; for the sandbox a valid definition is enough."""
    from praya.blocks.services import api as published
    from praya.definition.sandbox import PREFIX, is_trial, trial_name
    from praya.project.designing import gate
    from praya.project.designing.targets import shown

    service = one.service
    assert service is not None  # noqa: S101 (the caller has seen it)
    reasons = list(gate.refusals(one, pack)) if live else []
    if live and not untried and not _was_tried(service):
        reasons.append(
            f"version {service.version} as it is here was not tried: praya publish {service.service} --stage sandbox, "
            "or in an emergency --untried"
        )
    if is_trial(service.service):
        reasons.append(f"names that begin with '{PREFIX}' are those of services in the sandbox")
    highest = published.newest(service.service if live else trial_name(service.service))
    if service.version <= highest:
        reasons.insert(
            0,
            f"version {highest} was published{'' if live else ' in the sandbox'} and never changes; give the new "
            f"contents 'version: {highest + 1}' in {shown(one.path)}",
        )
    return reasons


def _publish(services: list["Service"], pack: "Pack", *, live: bool, by: str) -> None:
    from django.db import transaction

    from praya.blocks.services import api as published
    from praya.definition.sandbox import as_trial, trial_name
    from praya.journey import draft_booking, load, register_keys
    from praya.project.commands import index_registers
    from praya.project.refusal import Refused

    at = datetime.now(UTC)
    live_before = load.territory().live
    before = {one.service: load.definition(live_before[one.service]) for one in services if one.service in live_before}
    try:
        with transaction.atomic():
            for service in services:
                shown = service if live else as_trial(service)
                load.publish(shown, at=at, by=by, untried=live and not _was_tried(service))
                # Pools are created now, so that places can be booked before the worker's next hourly round.
                draft_booking.make_pools(shown, pack, at=at)
                if live:
                    # A service that is live needs no trial any more; open cases of the trial continue to their end.
                    published.withdraw(service=trial_name(service.service), at=at, by=by)
    except published.VersionTaken as taken:
        raise Refused(f"{taken}.") from None
    load.forget()
    for service in services if live else ():
        for register in register_keys.changed(before.get(service.service), service):
            index_registers.tell(service.service, register_keys.write(service, register))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
