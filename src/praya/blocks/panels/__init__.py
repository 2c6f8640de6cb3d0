"""Panels: members, rounds of judging, the entries given to each member, their marks, conflicts and results."""
