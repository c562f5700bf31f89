"""Every screen, in an order in which one shop can show them: a scene brings the lane to a stage, panels open over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edge.app_files import secret_key
from edge.member_passes import Kind, Passes
from edge.rule_table_list import TABLES
from tests.screens import stages
from tests.shops import CONFIG, COUNTER, GATEWAY, TestShop

PRINTERS = """
[[device]]
name = "kitchen"
kind = "fake_printer"
columns = 32
prints = ["kitchen"]
categories = ["drinks"]
[[device]]
name = "labels"
kind = "fake_label_printer"
label = "40x30"
"""
SHOP = (
    CONFIG
    + COUNTER
    + PRINTERS
    + GATEWAY
    + """
[screen]
bench = true
[privacy]
page_url = "https://shop.example"
e_receipt_days = 30
[display]
thanks_s = 60
"""
)
"""A shop that has everything."""
MEMBER_TABS = (
    "overview", "profile", "history", "tier", "gifts", "coupons", "stored_value", "times", "credit", "cards", "manage",
)  # fmt: skip
SELLING = (
    "items?q=b", "items?q=nothing", "void", "settings", "devices", "devices/printer-1",
    "devices/scale-1", "member", "members?q=li", "members?q=nobody", "coupons", "times", "gifts", "why", "drawer", "by-hand", "shift", "shift/count", "shift/x",
    "shift/reports", "member-new", "member-bind", "member-bind/find?q=li", "member-code", "member/li/code", "more",
    "hold", "held", "quick-keys", "quick-keys?page=1&key=0", "quick-keys/items?q=b", "training", "slips", "payments",
    "return-loose", "return-loose/items?q=l", "return-loose/cola", "receipts", "receipts/list?q=nothing",
)  # fmt: skip
OFFICE = (
    "office", "office/find?q=li", "office/find?q=nobody", "office/coupons", "office/coupons/new", "office/coupons/1",
    "office/stored_value", "office/labels", "office/labels/find?q=l", "office/invoices", "office/invoices/find?q=S001", "office/imports", "rules",
    "rules/find?q=pen", "rules/new", "rules/new/percent_off", "rules/new/nth_item", "rules/new/gift",
    "rules/edit?id=five-off", "rules/programme", "rules/tables", *(f"rules/{key}" for key in TABLES), "rules/trial",
    "rules/past", "rules/publish", "rules/versions",
)  # fmt: skip
OWNER = (
    "shift", "shift/x", "shift/reports", "receipts", "office", "office/find?q=li", "member/li?tab=overview",
    "member/li?tab=stored_value", "member/li?tab=history", "office/coupons", "office/stored_value", "office/invoices",
    "rules", "rules/tables", "rules/membership", "rules/versions", "settings",
)  # fmt: skip
"""What the owner reads on a phone."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A stage of the lane, and what is looked at over it."""

    name: str
    prepare: Callable[[TestShop], None]
    panels: Callable[[TestShop], Sequence[str]] = field(default=lambda shop: ())
    """Paths of panels, below the lane's own address."""


def _over_a_basket(shop: TestShop) -> Sequence[str]:
    line, sale = shop.view().lines[0].line_id, stages.newest(shop, "sale")
    slip, shift = stages.newest(shop, "entry"), stages.newest(shop, "shift")
    return (
        *SELLING, f"note/{line}", f"by-hand/{line}", f"receipts/{sale}", f"receipts/{sale}/gift",
        f"receipts/{sale}/return", f"slips/{slip}", f"shift/reports/{shift}",
        *(f"member/li?tab={tab}" for tab in MEMBER_TABS), "member/li/merge?q=wang", *OFFICE, f"office/invoices/of/{sale}",
    )  # fmt: skip


SCENES: tuple[Scene, ...] = (
    Scene("locked", stages.nothing, lambda shop: ("settings",)),
    Scene("empty", stages.sign_in, lambda shop: ("held", "slips", "payments", "times")),
    Scene("selling", stages.sell, _over_a_basket),
    Scene("left-alone", stages.leave_alone),
    Scene("banner", stages.banner),
    Scene("expired-asked", stages.expired_asked),
    Scene("age-asked", stages.age_asked),
    Scene("price-asked", stages.price_asked),
    Scene("weighing", stages.weighing, lambda shop: ("weigh",)),
    Scene("checking", stages.checking),
    Scene("checked", stages.checked),
    Scene("approval", stages.approval),
    Scene("paying", stages.pay),
    Scene("no-internet", stages.no_internet),
    Scene("password", stages.password),
    Scene("unknown", stages.unknown),
    Scene("cannot-be-undone", stages.cannot_be_undone, lambda shop: ("payments",)),
    Scene("half-paid", stages.half_paid),
    Scene("done", stages.done, lambda shop: ("receipts", "settings", "payments")),
    Scene("slip-in-doubt", stages.slip_in_doubt),
    Scene("held", stages.held, lambda shop: ("held", f"held/{stages.newest(shop, 'held')}/discard", "shift/count")),
    Scene("exchange", stages.exchange),
    Scene("giving-back", stages.giving_back),
    Scene("given-back", stages.given_back),
    Scene("practice", stages.practice, lambda shop: ("office", "more", "training")),
    Scene("practice-done", stages.practice_done),
)


def pages_of(shop: TestShop) -> Sequence[tuple[str, str]]:
    """Return names and addresses of the pages that are no panel of a lane."""
    passes, until_ms = Passes(secret_key(shop.loaded.data_dir)), shop.clock.now_ms() + 3_600_000

    def of(kind: Kind, subject: str) -> str:
        return f"/{kind}/{passes.make(kind, subject, until_ms=until_ms)}"

    sale = stages.newest(shop, "sale")
    return (
        ("choose", "/"), ("display-choose", "/display/"), ("display", "/display/1"), ("pair", "/pair"),
        ("join", of("join", "1")), ("me", of("me", "li")), ("receipt", of("receipt", sale)), ("gift", of("gift", sale)),
        ("over", "/me/over"), ("bench", "/bench?lane=1"), ("styleguide", "/styleguide"),
    )  # fmt: skip
