"""The store's one SQLite file: WAL, FULL, one writer, many readers; one module a subject.

peewee keeps connections, transactions and migrations; statements are written as SQL (docs/decisions). A function here
takes the database as its first argument; what changes something runs inside `Store.transaction()` on the till's thread.
"""
