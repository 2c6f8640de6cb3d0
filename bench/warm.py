"""A thousand pools on PostgreSQL with durable commits: our sales in process against the same statement by pgbench."""

from bench.hot import measure

if __name__ == "__main__":
    measure("warm", 1000, batches=False)
