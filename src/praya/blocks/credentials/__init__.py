"""Credentials: signed records that a person carries and that anybody can verify."""
