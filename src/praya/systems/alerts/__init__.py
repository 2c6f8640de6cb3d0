"""Alerts on every page, such as a typhoon signal, and the public status page."""
