"""What a cashier reads of stored value, times cards and returns: refusals and what was done, by their code."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

MONEY_REFUSALS: Mapping[str, str] = {
    "stored_value_off": N_("This shop takes no money in advance."),
    "stored_value_no_member": N_("Stored value belongs to a member. Find the member first."),
    "stored_value_short": N_("Only {left_minor} of stored value is left. Take the rest in another way."),
    "stored_value_limit": N_("Stored value may pay {most_minor} now. Take the rest in another way."),
    "top_up_range": N_("A top-up is {least_minor} to {most_minor}."),
    "balance_full": N_("That is too much: a member may hold {most_minor}, gift money among it."),
    "topped_up": N_("Paid in: {amount_minor}. Change: {change_minor}."),
    "nothing_to_refund": N_("There is no paid-in money to refund."),
    "refund_range": N_("At most {most_minor} can be refunded here."),
    "refunded": N_("Paid back: {amount_minor}. Slip {number}."),
    "nothing_to_use": N_("The member has nothing to use for this basket."),
    "times_no_member": N_("Times belong to a member. Find the member first."),
    "times_not_for_this": N_("This times card does not pay for that."),
    "times_not_theirs": N_("This times card is somebody else's."),
    "times_short": N_("“{name}” has only {left} left."),
    "times_per_day": N_("“{name}” may be used {max} times a day."),
    "times_none": N_("Nothing is left of this times card."),
    "package_no_member": N_("“{name}” is kept for a member. Find the member first."),
    "family_circle": N_("One of them belongs to another family already."),
    "family_full": N_("A family has at most {max} members."),
    "date_range": N_("This date is not possible."),
    "returned": N_("Paid back: {amount_minor}. Return receipt {number}."),
    "return_nothing": N_("Choose what comes back first."),
    "held": N_("On hold: {total_minor}."),
    "held_full": N_("{max} baskets are on hold already. Finish or discard some first."),
    "held_gone": N_("This basket is not on hold any more. Somebody has taken it."),
    "nothing_held": N_("No basket is on hold."),
    "held_basket_open": N_("Finish this basket first, or put it on hold."),
    "held_price_changed": N_("It comes to {total_minor} now. Before it was {before_minor}."),
    "receipt_here": N_("Receipt {number}, {amount_minor}."),
    "receipt_not_here": N_("Receipt {number} was not made in this store."),
    "return_price_cap": N_("Without a receipt at most {most_minor} is given back for it."),
    "return_no_price": N_("This item has no price here that could be given back."),
    "return_needs_member": N_("Without a receipt it is given back as stored value. Find the member first."),
    "return_not_loose": N_("“{name}” comes back with its receipt only."),
    "back_full": N_("At most {max} lines can come back in one basket."),
    "return_apart": N_("These receipts change what the other is worth. Return them one after the other."),
    "return_changed": N_("What comes back is worth {back_minor} now. Look again before you go on."),
    "return_too_many": N_("That much of it was not sold, or has come back already."),
}
