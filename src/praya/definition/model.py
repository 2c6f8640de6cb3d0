"""What every word of the language shares: frozen values that refuse unknown words."""

from datetime import time
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

LANGUAGE = "^[a-z]{2,3}(-[a-z0-9]{2,8})*$"
NAME = "^[a-z][a-z0-9_]*$"
SLUG = "^[a-z][a-z0-9-]*$"
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=40)]
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=60)]


class Model(BaseModel):
    """A part of a definition. Immutable; a word that the language does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def named(value: Any) -> Any:
    """Read `- address: {type: address}` as `{name: address, type: address}`."""
    if isinstance(value, dict) and len(value) == 1:
        (name, body), *_ = value.items()
        if isinstance(body, dict) and "name" not in body:
            return {"name": name, **body}
    return value


def keyed(value: Any) -> Any:
    """Read `{vetting: {...}}` as `{vetting: {name: vetting, ...}}`."""
    if not isinstance(value, dict):
        return value
    return {k: {"name": k, **v} if isinstance(v, dict) and "name" not in v else v for k, v in value.items()}


Named = BeforeValidator(named)
Keyed = BeforeValidator(keyed)


def _clock(value: Any) -> Any:
    # YAML 1.1 readers see 9:30 as sixty-based; ours is YAML 1.2 and gives a string.
    return time.fromisoformat(value.strip().zfill(5)) if isinstance(value, str) else value


ClockTime = Annotated[time, BeforeValidator(_clock)]
"""A time of day, written 9:00 or '09:00'."""
