"""The commands of `praya`, one module each.

A module here is discovered automatically. It has `add(sub)`, which adds one parser named after the command to
argparse's
subparsers, and `run(args) -> int`, which returns the exit code. Django is ready when `run` is called, unless the
module says `NEEDS_DJANGO = False`. A `Refused` that `run` raises is printed as its sentence, with exit code 1.
"""
