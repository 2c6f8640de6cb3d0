"""Residents' pages and the endpoints of the protocol."""
