"""The desk of the system."""
