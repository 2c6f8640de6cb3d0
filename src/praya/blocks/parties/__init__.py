"""Parties: the other people invited to fill a section of a case, and their answers."""
