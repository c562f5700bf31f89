"""What a person reads of printers, labels and kitchen slips."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

PRINTING_REFUSALS: Mapping[str, str] = {
    "labels_count": N_("Choose items, and at most {max} labels at once."),
}

PRINTER_KINDS: Mapping[str, str] = {
    "escpos_printer": N_("Printer"),
    "fake_printer": N_("Printer (simulated)"),
    "tspl_printer": N_("Label printer"),
    "fake_label_printer": N_("Label printer (simulated)"),
}

PRINT_STATES: Mapping[str, str] = {
    "queued": N_("Waiting for the printer"),
    "sending": N_("Printing"),
    "printed": N_("Printed"),
    "sent": N_("Sent to the printer"),
    "dropped": N_("Not printed"),
    "doubtful": N_("Perhaps printed"),
    "none": N_("No paper"),
}
