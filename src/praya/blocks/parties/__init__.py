"""Parties: who else was invited to fill a section of a case, and what they gave."""
