"""The page of a community: its members and their roles, and what systems add for it."""
