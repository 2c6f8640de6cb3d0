"""Drafts and uploads: the answers of a person so far, saved with each page and readable on every device."""
