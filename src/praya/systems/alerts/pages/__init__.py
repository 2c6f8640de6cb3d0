"""The page of the status, and the alerts on every page."""
