"""The machine of the system."""
