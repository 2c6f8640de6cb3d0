"""Django's database engine for PostgreSQL: a cheaper test of connections, and prepared statements."""
