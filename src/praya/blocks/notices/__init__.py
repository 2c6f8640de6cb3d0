"""Notices to persons: an inbox for each person, and the e-mails and text messages of each notice."""
