"""Refusals: the sentence with which a command ends; commands of systems import it from the kernel."""

from praya.kernel.refusal import Refused

__all__ = ["Refused"]
