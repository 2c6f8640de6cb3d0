"""`praya backup`: everything but the keys in one file."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("backup", help="write database and uploads into one file, while it runs")
    parser.add_argument("file", type=Path, help="the tar file to write")


def run(args: argparse.Namespace) -> int:
    """Write the archive."""
    from django.conf import settings

    from praya.project import backup

    manifest = backup.make(args.file, at=datetime.now(UTC))
    size = args.file.stat().st_size
    print(f"{args.file}: {len(manifest.parts)} parts, {size / 1e6:.1f} MB, readable by you only.")
    print(f"The master keys are NOT in it. Back up {settings.PRAYA.keys_path} apart from it, in another place.")
    return 0
