"""Channels to people: e-mail and text messages."""
