"""Settings of the provider."""

from ipaddress import ip_network
from pathlib import Path

from pydantic import BaseModel, Field, field_validator


class Settings(BaseModel):
    """Where clients may be told that a session is over."""

    networks: str = Field(
        "",
        description="Networks beside the public Internet to which clients' logout addresses may lead, separated by "
        "commas, such as `10.20.0.0/16`.",
    )
    ca_file: Path | None = Field(
        None, description="A file of certificates (PEM) of authorities that clients may use beside the public ones."
    )
    seconds: float = Field(10, ge=1, le=30, description="Seconds within which a client must have taken a logout.")

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        for one in filter(None, (part.strip() for part in text.split(","))):
            try:
                ip_network(one)
            except ValueError:
                raise ValueError(f"'{one}' is no network; write it like 10.20.0.0/16") from None
        return text
