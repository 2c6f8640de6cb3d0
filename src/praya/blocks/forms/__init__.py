"""Drafts and uploads: what a person has answered so far, kept on every page, on every device."""
