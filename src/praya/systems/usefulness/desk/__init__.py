"""The counts at the desk."""
