"""What a cashier reads of tiers, points by hand and gifts: refusals and what was done, by their code."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

BENEFIT_REFUSALS: Mapping[str, str] = {
    "kept_for_tiers": N_("“{name}” is kept for certain member tiers. Find the member first, then scan it again."),
    "kept_for_members": N_("“{name}” is kept for members. Find the member first, then scan it again."),
    "tier_unknown": N_("There is no such tier."),
    "points_change_range": N_("Give points from 1 to {max}."),
    "gift_given": N_("“{name}” × {count} was given. Slip {number}."),
    "gift_taken_back": N_("Taken back. {points} points were returned."),
    "gift_entry_unknown": N_("These gifts are not known here."),
    "gift_voided": N_("These gifts were taken back before."),
    "gift_not_today": N_("Gifts are taken back on the day on which they were given only."),
    "gift_wrong_time": N_("“{name}” cannot be had now."),
    "gift_wrong_tier": N_("“{name}” is for another member tier."),
    "gift_points_short": N_("{points} points are missing for “{name}”."),
    "gift_taken_before": N_("The member can take {count} more of “{name}”."),
    "gift_used_up_today": N_("{count} of “{name}” are left for today."),
    "gift_out_of_stock": N_("{count} of “{name}” are in stock."),
}
