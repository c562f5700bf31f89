"""The `taptill` command."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import click

from edge.cli.cards import cards
from edge.cli.configuration import check, config
from edge.cli.coupons import coupons
from edge.cli.daemon import demo, run
from edge.cli.doctor import doctor
from edge.cli.keys import keys
from edge.cli.new_store import init
from edge.cli.people import user
from edge.cli.recorder import record
from edge.cli.rules import rules
from edge.cli.tables import export_tables, import_table
from edge.cli.trial import price, scan
from edge.cli.upkeep import audit, backup


def _version() -> str:
    try:
        return version("taptill")
    except PackageNotFoundError:
        return "not installed"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(_version(), prog_name="taptill", message="%(prog)s %(version)s")
def main() -> None:
    """TapTill: a shop's till and membership system. It sells with the line to head office cut."""


for command in (
    init,
    run,
    demo,
    check,
    config,
    doctor,
    record,
    audit,
    price,
    scan,
    rules,
    backup,
    user,
    cards,
    coupons,
    keys,
    import_table,
    export_tables,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
