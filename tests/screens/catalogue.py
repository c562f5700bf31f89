"""Every screen, in an order in which one shop can show them: a scene brings the lane to a stage, panels open over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edge.coupon_desk import NewBatch, issue_to_member, new_batch
from edge.credit import set_credit_limit
from edge.ids import new_id
from edge.shifts import begin_shift
from edge.stored_value import top_up
from edge.till import Till
from edge.till_by_hand import discount_line
from tests.shops import CONFIG, TestShop

SHOP = (
    CONFIG
    + """
[privacy]
page_url = "https://shop.example"
"""
)
MEMBER_TABS = (
    "overview", "profile", "history", "tier", "gifts", "coupons", "stored_value", "times", "credit", "cards", "manage",
)  # fmt: skip
BACK_OFFICE = (
    "office", "office/coupons", "office/coupons/new", "office/stored_value", "office/imports", "rules", "rules/new",
    "rules/new/percent_off", "rules/new/nth_item", "rules/new/gift", "rules/programme", "rules/stored_value",
    "rules/trial", "rules/past", "rules/publish", "rules/versions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """A stage of the lane, and what is looked at over it."""

    name: str
    prepare: Callable[[TestShop], None]
    panels: Callable[[TestShop], Sequence[str]] = field(default=lambda shop: ())
    """Paths of panels, below the lane's own address."""


def _nothing(shop: TestShop) -> None:
    del shop


def _sign_in(shop: TestShop) -> None:
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.ask(1, begin_shift, float_amount=30_000)
    shop.ask(1, top_up, entry_id=new_id(shop.clock), member_id="li", amount=20_000, kind="card")
    shop.ask(1, set_credit_limit, member_id="li", limit=50_000, reason="regular")
    batch = shop.ask(1, new_batch, asked=NewBatch(name="双十二满减券", promotion_id="five-off", valid_days=30))
    shop.ask(1, issue_to_member, batch_id=batch, member_id="li")
    for _ in range(2):
        shop.ask(1, Till.attach_member, member_id="li")
        shop.ask(1, Till.scan, text="6900000000090")
        shop.ask(1, Till.to_pay)
        shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=50_000)
        shop.ask(1, Till.next_sale)


def _sell(shop: TestShop) -> None:
    for text in ("4006381333931", "6900000000014", "6900000000021", "6901234567892", "6900000000083"):
        shop.ask(1, Till.scan, text=text)
    shop.ask(1, Till.attach_member, member_id="li")


def _banner(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text="6999999999994")


def _approval(shop: TestShop) -> None:
    shop.ask(1, Till.dismiss)
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    line = shop.view().lines[0].line_id
    shop.ask(1, discount_line, line_id=line, off_bp=3_000, reason="damaged")


def _pay(shop: TestShop) -> None:
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.ask(1, Till.to_pay)


def _half_paid(shop: TestShop) -> None:
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="card", given=500)


def _done(shop: TestShop) -> None:
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=50_000)


def _over_a_basket(shop: TestShop) -> Sequence[str]:
    line = shop.view().lines[0].line_id
    sale = shop.parts.store.reads.execute_sql("SELECT sale_id FROM sale ORDER BY sale_no DESC LIMIT 1").fetchone()[0]
    return (
        "items?q=b", "void", "settings", "devices", "member", "members?q=li", "receipts", f"receipts/{sale}",
        f"receipts/{sale}/return", "coupons", "times", "gifts", "why", "drawer", "by-hand", f"by-hand/{line}", "shift",
        "shift/count", "member-new", "member-code", *(f"member/li?tab={tab}" for tab in MEMBER_TABS), *BACK_OFFICE,
    )  # fmt: skip


SCENES: tuple[Scene, ...] = (
    Scene("locked", _nothing, lambda shop: ("settings",)),
    Scene("empty", _sign_in),
    Scene("selling", _sell, _over_a_basket),
    Scene("banner", _banner),
    Scene("approval", _approval),
    Scene("paying", _pay),
    Scene("half-paid", _half_paid),
    Scene("done", _done, lambda shop: ("receipts", "settings")),
)
