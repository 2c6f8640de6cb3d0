"""Identity card numbers of invented people."""

from pathlib import Path

from tests.read_packs import pack_in

PACK = Path(__file__).resolve().parents[2] / "packs" / "hongkong"


def hkid(number: int, letter: str = "Z") -> str:
    """An identity card number with the right check digit."""
    scheme = pack_in(PACK).identifiers["hkid"]
    body = f"{letter}{number:06d}"
    return next(f"{body}({digit})" for digit in "0123456789A" if scheme.checks(f"{body}({digit})"))
