"""The store's daemon: joins rules and drivers over one SQLite file. `edge/web` is its face."""
