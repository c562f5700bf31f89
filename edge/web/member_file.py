"""The file of a member over the sale: one panel with a tab for each subject.

A subject adds one line to TABS and a template `panels/member_NOUN.html` that extends `panels/member_frame.html`. Its
forms post to a page of its own blueprint, which answers with `MemberPages.page(…)`, so that the tab is shown again.
"""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from edge.text_marks import N_
from edge.web import cards, coupon_pages, member_credit, member_deeds, member_stored_value, times_pages
from edge.web.member_benefits import look_at_gifts, look_at_tier
from edge.web.member_pages import MemberPages, Tab

TABS: tuple[Tab, ...] = (
    *member_deeds.TABS,
    Tab("tier", N_("Tier and points"), look_at_tier),
    Tab("gifts", N_("Gifts for points"), look_at_gifts),
    Tab("coupons", N_("Coupons"), coupon_pages.look),
    member_stored_value.TAB,
    times_pages.TAB,
    member_credit.TAB,
    cards.TAB,
    *member_deeds.LAST_TABS,
)
"""In the order of the screen; the first is shown when the file is opened."""


def blueprint(pages_of: MemberPages) -> Blueprint:
    """Return the pages of members' files. They open only to staff who signed in."""
    pages = Blueprint("member_file", __name__, url_prefix="/lane/<int:lane>/member")

    @pages.get("/<member_id>")
    def file(lane: int, member_id: str) -> ResponseReturnValue:
        tab = request.args.get("tab", TABS[0].name)
        more = member_stored_value.more_of(pages_of, member_id) if tab == member_stored_value.TAB.name else {}
        return pages_of.page(lane, member_id, tab, **more)

    return pages
