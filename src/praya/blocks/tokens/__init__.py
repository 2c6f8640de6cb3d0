"""Machines of departments that come in by token, and what was answered to them once."""
