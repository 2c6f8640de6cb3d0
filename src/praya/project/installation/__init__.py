"""What this database was made for: one row, so that a demonstration and the real thing can never meet."""
