"""What a cashier reads of what is sold on account: refusals and what was done, by their code."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

CREDIT_REFUSALS: Mapping[str, str] = {
    "account_no_member": N_("Only a member buys on account. Find the member first."),
    "account_none": N_("This member has no account. A manager sets the limit in the member's file."),
    "account_owes": N_("This member owes {owed_minor}."),
    "account_settled": N_("Settled: {amount_minor}. Change: {change_minor}. Slip {number}."),
    "member_owes": N_("This member owes {amount_minor}. Settle that first."),
}
