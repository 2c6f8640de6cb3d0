"""The commands of the system."""
