"""Registers, public or internal: entries are made, renewed, amended, transferred and struck off."""
