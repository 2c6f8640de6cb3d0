"""Decisions of the provider, without database, clock or network."""
