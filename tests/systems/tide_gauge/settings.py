"""Settings of the system."""

from pydantic import BaseModel, Field


class Settings(BaseModel):
    """What an installation chooses."""

    flood: int = Field(default=300, ge=1, description="Centimetres from which on people are warned.")
