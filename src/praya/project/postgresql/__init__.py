"""Django's database engine for PostgreSQL: a cheaper look at whether a connection stands, and prepared statements."""
