"""What outlives a process or is shared by several: the database and its tables (KEY-07, KEY-11, SESSION-07).

SQLite for one process, PostgreSQL for several. Several processes may start at once on one database. What is read and
written stands with the feature that does it.
"""
