"""`praya restore`: put an archive of `praya backup` in place."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("restore", help="put what `praya backup` wrote in place; web and worker must be stopped")
    parser.add_argument("file", type=Path, help="the tar file to read")
    parser.add_argument("--replace", action="store_true", help="replace the data that is here")


def run(args: argparse.Namespace) -> int:
    """Check the archive, then restore it."""
    from praya.project import backup

    manifest = backup.restore(args.file, replace=args.replace, at=datetime.now(UTC))
    made = manifest.made_at.astimezone().strftime("%-d %B %Y %H:%M")
    print(f"Restored {len(manifest.parts)} parts as of {made}. Each was checked by its SHA-256.")
    return 0
