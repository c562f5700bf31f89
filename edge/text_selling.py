"""What a cashier reads of what the till asks, of price checks, quick keys and training: by their code."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

SELLING_REFUSALS: Mapping[str, str] = {
    "needs_price": N_("What does “{name}” cost? Type the price, then Enter."),
    "needs_price_between": N_("“{name}” costs {least_minor} to {most_minor}. Type the price, then Enter."),
    "age_asked": N_("“{name}” is for buyers of {age} and over. Look at the face or the ID card."),
    "expired_asked": N_("Expired, last day {day}: “{name}”. Take it off the shelf."),
    "expired_checked": N_("Expired, last day {day}: “{name}”. To sell it all the same, scan it at the till."),
    "needs_weight_last_day": N_(
        "Last day of “{name}” is today: tell the customer. By weight: scan its label, or type kilograms and tap it."
    ),
    "needs_weight_past_best": N_(
        "“{name}” was best until {day}: look at it. By weight: scan its label, or type kilograms and tap it."
    ),
    "shelf_last_day": N_("Today is the last day of “{name}”. Tell the customer."),
    "shelf_past_best": N_("“{name}” was at its best until {day}. Look at the packet and tell the customer."),
    "nothing_asked": N_("There is nothing to answer any more."),
    "scans_waiting": N_("Go on with what was scanned meanwhile."),
    "again_nothing": N_("Nothing of that sale can be sold again like this. Scan it."),
    "again_without": N_("{count} lines were left out: scan or weigh them."),
    "quick_page_gone": N_("This page is no longer there."),
    "quick_key_gone": N_("This key is no longer there."),
    "quick_keys_full": N_("So many keys do not fit. Make another page."),
    "quick_pages_full": N_("There are at most {max} pages."),
    "quick_name": N_("Give the page a name of at most {max} characters."),
    "training_on": N_("Not while practising. End the practice first."),
    "training_busy": N_("Practice could not begin. Ask for help; selling goes on."),
}
