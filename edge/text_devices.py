"""What devices are called, and how they are."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_counter import COUNTER_KINDS
from edge.text_marks import N_
from edge.text_printing import PRINTER_KINDS

DEVICE_STATES: Mapping[str, str] = {
    "ok": N_("Ready"),
    "opening": N_("Connecting"),
    "trying": N_("Being tried"),
    "gone": N_("Unplugged"),
    "busy": N_("Used by another program"),
    "forbidden": N_("No permission"),
    "loose": N_("Not for the till alone"),
    "problem": N_("Needs attention"),
    "unknown": N_("Does not say how it is"),
    "off": N_("Switched off"),
    "silent": N_("Says nothing"),
    "garbled": N_("Not understood"),
    "paper_low": N_("Paper is low"),
    "paper_out": N_("Out of paper"),
    "cover_open": N_("Cover open"),
    "doubtful": N_("Perhaps printed"),
    "drawer_shut": N_("Drawer not opened"),
    "drawer_doubtful": N_("Drawer perhaps not opened"),
    "no_line": N_("No internet"),
}

DEVICE_KINDS: Mapping[str, str] = {
    "evdev_scanner": N_("Scanner"),
    "serial_scanner": N_("Scanner"),
    "fake_scanner": N_("Scanner (simulated)"),
    "fake_evdev_scanner": N_("Scanner (simulated)"),
    "fake_evdev_cards": N_("Card reader (simulated)"),
    "fake_serial_scanner": N_("Scanner (simulated)"),
    "pn532_cards": N_("Card reader"),
    "pcsc_cards": N_("Card reader"),
    "fake_pn532_cards": N_("Card reader (simulated)"),
    "fake_pcsc_cards": N_("Card reader (simulated)"),
    "evdev_cards": N_("Card reader"),
    "fake_cards": N_("Card reader (simulated)"),
    **PRINTER_KINDS,
    "display": N_("Customer display"),
    "books": N_("Books"),
    "gateway": N_("Payment codes"),
    **COUNTER_KINDS,
}
