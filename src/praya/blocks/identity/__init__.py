"""Persons and officers, who prove their identity by a code sent to their e-mail address."""
