"""Encryption of personal data at rest: one data key per person, wrapped by the installation's master keys."""
