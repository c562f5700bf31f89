"""Tables in memory for a peer as it comes, made from its models at once: hundreds of migrations would take minutes."""

from __future__ import annotations


class NoMigrations(dict[str, None]):
    """Django's setting MIGRATION_MODULES that says of every application that it has none."""

    def __contains__(self, _application: object) -> bool:
        return True

    def __missing__(self, _application: str) -> None:
        return None


def make_tables() -> None:
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
