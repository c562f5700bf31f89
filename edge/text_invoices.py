"""What is said of invoice data, by its code."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

INVOICE_REFUSALS: Mapping[str, str] = {
    "invoice_title": N_("An invoice needs a title of at most {max} characters."),
    "invoice_number": N_("A taxpayer's number has 15 to 20 letters and digits."),
    "invoice_days": N_("Choose days from the first to the last, at most {max}."),
    "invoice_many": N_("More than {max} receipts: choose fewer days."),
}
