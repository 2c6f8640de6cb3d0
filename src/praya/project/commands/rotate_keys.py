"""`praya rotate-keys`: a new master key, and every data key wrapped with it."""

import argparse
import base64
import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NEEDS_DJANGO = False
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("rotate-keys", help="wrap every data key with the current master key")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--new", action="store_true", help="make a new master key and use it from now on")
    kind.add_argument(
        "--add", action="store_true", help="make a new master key but do not use it yet (several machines)"
    )
    kind.add_argument("--current", metavar="NAME", help="use this key of the file from now on")


def run(args: argparse.Namespace) -> int:
    """Change the key file as asked, wrap every data key again, and print the master keys that wrap nothing any more."""
    from praya.project import config, operators, startup
    from praya.project.designing import installed
    from praya.project.keys import key_names

    installed.prefer_demo()
    path = config.in_use().keys_path
    _insist_on_privacy(path)
    key_names(path)
    if args.new or args.add:
        name = _add_key(path, use=args.new)
        print(f"New master key {name} in {path}. Back the file up now, apart from the data.")
        if args.add:
            print(f"Copy the file to every machine, then run: praya rotate-keys --current {name}")
            return 0
    if args.current:
        _use(path, args.current)
    startup.ready_django()
    return _wrap(path, by=operators.actor(args))


def _wrap(path: Path, *, by: str) -> int:
    from praya.kernel.crypto import vault
    from praya.kernel.journal import api as journal
    from praya.project import migration
    from praya.project.keys import key_names

    migration.insist_on_ready()
    current, *others = key_names(path)
    try:
        count = vault.rotate()
    except vault.Tampered as broken:
        from praya.project.refusal import Refused

        raise Refused(f"Nothing more was wrapped: {broken}. Put the missing key back into {path}.") from None
    journal.record(event="keys_rotated", at=datetime.now(UTC), by=by, facts={"current": current, "wrapped": count})
    print(f"{count} data keys were wrapped anew; the current master key is {current}.")
    in_use = vault.masters_in_use()
    for name in others:
        if name in in_use:
            print(f"{name} still wraps data keys; keep it.")
        else:
            print(
                f"{name} wraps nothing any more. Keep it as long as you keep a backup made before now, then remove it."
            )
    return 0


def _insist_on_privacy(path: Path) -> None:
    """Refuse a key file that others can read or that is not ours alone. Raises Refused."""
    from praya.project.refusal import Refused

    if not path.is_file():
        raise Refused(f"The file of master keys {path} does not exist.")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise Refused(
            f"{path} can be used by others than its owner (mode {mode:03o}). "
            f"If anybody else may have read it, its keys are no secret. Then: chmod 600 {path}"
        )


def _add_key(path: Path, *, use: bool) -> str:
    data = json.loads(path.read_text(encoding="utf-8"))
    number = len(data["keys"]) + 1
    while f"k{number}" in data["keys"]:
        number += 1
    name = f"k{number}"
    data["keys"][name] = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    if use:
        data["current"] = name
    _write(path, data)
    return name


def _use(path: Path, name: str) -> None:
    from praya.kernel.expression import nearest
    from praya.project.refusal import Refused

    data = json.loads(path.read_text(encoding="utf-8"))
    if name not in data["keys"]:
        raise Refused(f"{path} has no key '{name}'{nearest(name, list(data['keys']))}")
    _write(path, {**data, "current": name})


def _write(path: Path, data: dict[str, Any]) -> None:
    """Replace the file atomically: a process that reads it meanwhile sees either the old or the new content."""
    from praya.project.refusal import Refused

    real = path.resolve()
    draft = real.with_name(f".{real.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except PermissionError:
        raise Refused(
            f"{real.parent} cannot be written, and a new key file is made beside the old one before it takes its "
            "place. Run this as root (the file keeps its owner), or keep the file in a folder of its user."
        ) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(data, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    # The owner stays who it was, also when root rotates.
    os.chown(draft, real.stat().st_uid, real.stat().st_gid)
    draft.replace(real)
