"""Effects that leave the database: kept with the facts that caused them, sent after commit, at least once."""
