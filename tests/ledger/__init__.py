"""The ledger over real databases: SQLite in a file, and a Postgres server of the tests."""
