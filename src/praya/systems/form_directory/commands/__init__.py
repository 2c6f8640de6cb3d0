"""The commands of the directory of forms."""
