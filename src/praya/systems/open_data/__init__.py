"""Open data and statistics: figures of every service, public registers and draws as files."""
