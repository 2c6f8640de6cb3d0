"""A service from a folder, or as published in this installation: `SERVICE@VERSION`, `SERVICE@live`."""

import re

from praya.definition.service import Service

PUBLISHED = re.compile(r"([a-z][a-z0-9-]*)@(\d+|live)")


def service_of(given: str) -> Service:
    """The one service that a folder, a file or a published version names. Raises Refused."""
    from praya.project import config
    from praya.project.designing import checking, targets
    from praya.project.refusal import Refused

    named = PUBLISHED.fullmatch(given)
    if named is not None:
        return published(named[1], named[2])
    pack_check = checking.check(targets.one_pack([given], installed=config.load().pack))
    services = [one.service for one in pack_check.checked if one.service]
    if pack_check.errors and not services:
        problems = "\n".join(map(str, pack_check.errors))
        raise Refused(f"{given} cannot be read. Mend it first:\n{problems}")
    if len(services) != 1:
        raise Refused(f"{given} holds {len(services)} services; name the folder of one.")
    return services[0]


def published(name: str, version: str) -> Service:
    """A version as it was published in this installation's database; `live` is the newest. Raises Refused."""
    from praya.project import startup
    from praya.project.refusal import Refused

    startup.ready_django()
    from praya.blocks.services import api as services
    from praya.journey import load
    from praya.kernel.expression import nearest
    from praya.project import migration

    migration.insist_on_ready()
    live = {one.service: one.version for one in services.standing() if one.live}
    if version == "live" and name not in live:
        raise Refused(f"No service '{name}' is live{nearest(name, list(live))}")
    try:
        return load.compiled(name, live[name] if version == "live" else int(version))
    except services.NoVersion as none:
        raise Refused(f"{none}{nearest(name, list(live))}") from None
