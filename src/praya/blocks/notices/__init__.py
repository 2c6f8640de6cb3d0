"""Notices to persons: an inbox for each, and the e-mails and text messages that go with them."""
