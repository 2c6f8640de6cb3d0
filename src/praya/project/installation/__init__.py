"""The stamp of a database: one row with its mode, so that a demonstration is never used as a production database."""
