"""taptill record: what a reader sends, or a printer answers, kept in a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from drivers.base import DriverError, Printer, Scale
from drivers.escpos_printer import EscposPrinter
from drivers.printer_recording import record_printer
from drivers.recording import record as record_bytes
from drivers.recording import save
from drivers.tspl_printer import TsplPrinter
from edge.cli.counter_checks import words_of
from edge.cli.options import config_option, loaded_or_exit
from edge.config import DeviceConfig
from edge.counter_devices import make_scale
from edge.devices import make_printer, make_reader

SECONDS_MAX = 3_600
EARLY = "(Ctrl-C ends it early)"


class ScaleLines:
    """A scale as what is recorded: each reading a text; implements `drivers.base.LineReader`."""

    def __init__(self, scale: Scale) -> None:
        self.name, self.dropped = scale.name, 0
        self._scale = scale

    @property
    def heard(self) -> Callable[[bytes], None]:
        return self._scale.heard

    @heard.setter
    def heard(self, listener: Callable[[bytes], None]) -> None:
        self._scale.heard = listener

    def open(self) -> None:
        self._scale.open()

    def read(self, timeout_s: float) -> Sequence[str]:
        reading = self._scale.read(timeout_s)
        return () if reading is None else (words_of(reading),)

    def close(self) -> None:
        self._scale.close()


@click.command(short_help="Keep what a reader sends, or a printer answers, in a file.")
@config_option
@click.argument("device")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--seconds", type=click.IntRange(1, SECONDS_MAX), default=30, show_default=True, help="How long to listen."
)
def record(config_path: Path, device: str, file: Path, seconds: int) -> None:
    """Listen to the reader DEVICE of the configuration and write every byte it sends to FILE, with the times.

    A printer is asked how it is, twice a second, and what it answers is kept: open its cover, take its paper out. The
    daemon must not have the device: stop it first. Scan and tap only what may be seen: codes and cards are in the file.
    """
    loaded = loaded_or_exit(config_path)
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        # It is said before somebody has scanned for a minute.
        raise click.ClickException(f"{file}: cannot be written")
    found = next((each for each in loaded.config.device if each.name == device), None)
    printer = make_printer(found) if found else None
    if found is not None and printer is not None:
        record_answers(printer, found, file, seconds)
        return
    scale = make_scale(found) if found else None
    reader = ScaleLines(scale) if scale else make_reader(found) if found else None
    if found is None or reader is None:
        names = [each.name for each in loaded.config.device if not each.kind.endswith("display")]
        raise click.ClickException(f"{device}: nothing to record; there are: {', '.join(names) or 'none'}")
    if not hasattr(reader, "heard"):
        raise click.ClickException(f"{found.kind}: its bytes do not pass through us")
    count, before = 0, ""

    def tell(texts: Sequence[str]) -> None:
        nonlocal count, before
        for text in texts:
            count += 1
            if scale is None:
                # Its length and no more: what was scanned may be a payment code or a card.
                click.echo(f"read {len(text)} characters")
            elif text != before:
                click.echo(text)
            before = text

    click.echo(f"listening to {device} for {seconds} s: {'put things on it' if scale else 'scan, tap'} {EARLY}")
    try:
        reader.open()
        recording = record_bytes(reader, found.kind, seconds=seconds, tell=tell)
        save(recording, file)
    except (DriverError, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        reader.close()
    click.echo(f"{file}: {len(recording.data)} bytes in {len(recording.pieces)} pieces, {count} texts")


def record_answers(printer: Printer, device: DeviceConfig, file: Path, seconds: int) -> None:
    """Write what a printer answers to a file."""
    if not isinstance(printer, EscposPrinter | TsplPrinter):
        raise click.ClickException(f"{device.kind}: its bytes do not pass through us")
    click.echo(f"asking {device.name} for {seconds} s: open its cover, take its paper out, switch it off {EARLY}")
    try:
        recording = record_printer(
            printer, device.kind, seconds=seconds, tell=lambda state: click.echo(state.replace("_", " "))
        )
        save(recording, file)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    finally:
        printer.close()
    click.echo(f"{file}: {len(recording.data)} bytes of answers in {len(recording.pieces)} pieces")
