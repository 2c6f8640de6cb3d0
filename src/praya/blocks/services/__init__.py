"""Published definitions: every version that was ever live, unchanged."""
