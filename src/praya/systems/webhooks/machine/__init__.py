"""The part of the API."""
