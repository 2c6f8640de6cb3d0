"""`praya backup`: write everything but the keys to one file."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser(
        "backup", help="write database and uploads into one file, encrypted and signed, while it runs"
    )
    parser.add_argument("file", type=Path, help="the archive to write")


def run(args: argparse.Namespace) -> int:
    """Write the archive."""
    from django.conf import settings

    from praya.project import backup

    manifest = backup.make(args.file, at=datetime.now(UTC))
    size = args.file.stat().st_size
    print(f"{args.file}: {len(manifest.parts)} parts, {size / 1e6:.1f} MB, encrypted and signed.")
    if manifest.vanished:
        print(f"{manifest.vanished} uploads were removed while it was made, and are not in it.")
    opens = "one of the recipients' secret keys" if settings.PRAYA.backup_recipients else "the key file"
    print(
        f"The master keys are NOT in it. Back up {settings.PRAYA.keys_path} apart from it, in another place: "
        f"whoever restores needs the archive, the key file{'' if opens == 'the key file' else ' and ' + opens}."
    )
    print(f"Copy checkpoints.log and erased.log from {settings.PRAYA.data_dir} to another machine too.")
    return 0
