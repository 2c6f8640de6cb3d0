"""Webhooks: events of the cases of a department, sent to its own systems."""
