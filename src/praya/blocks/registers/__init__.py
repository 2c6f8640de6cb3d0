"""Registers, public, internal or partly both: what is entered, renewed, amended, transferred and struck off."""
