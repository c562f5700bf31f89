"""One till against a plain model of a basket, several lanes at once, and what a till says when it refuses."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.banner import WAITING_SCANS_MAX
from edge.config import LaneConfig
from edge.health import Health
from edge.messages import TENDERS_MAX
from edge.rulebook import fixed
from edge.screen import Refusal, Stage
from edge.screens import Screens
from edge.shop import Shop
from edge.store import catalog, ledger
from edge.store.auditing import check
from edge.store.baskets import STEPS_MAX
from edge.store.database import Store, execute, open_store, rows
from edge.texts import REFUSALS, Texts
from edge.till import Till
from rules.basket import Item, Names
from rules.codes import CodeSettings, ScaleFormat, make_label
from rules.ledger import CASH, drawer_account
from rules.promotions import NO_RULES
from tests.shops import PLENTY, TestShop

REPOSITORY = Path(__file__).parents[2]
CODES = {"4006381333931": ("pen", 1), "6901234567892": ("cola", 1), "16901234567899": ("cola", 24)}
PRICES = {"pen": 250, "cola": 350}
SCALES = (ScaleFormat("21", "FFWWWWWEEEEEC"),)
UNKNOWN = "6909999999996"

# --- a till against a model ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    lines: tuple[tuple[str, int], ...] = ()
    member: str = ""

    @property
    def total(self) -> int:
        return sum(PRICES[sku] * quantity for sku, quantity in self.lines)


@dataclass
class Model:
    """What a cashier has in mind: the basket, the steps before it, the money on the table."""

    now: Snapshot | None = None
    before: list[Snapshot | None] = field(default_factory=list)
    stage: str = "selling"
    banner: bool = False
    waiting: list[str] = field(default_factory=list)
    tenders: list[tuple[str, int]] = field(default_factory=list)
    sales: int = 0
    cash: int = 0
    undone: int = 0

    @property
    def due(self) -> int:
        return (self.now.total if self.now else 0) - sum(given for _, given in self.tenders)

    def may_sell(self) -> bool:
        return not self.banner and not self.tenders

    def push(self, snapshot: Snapshot) -> None:
        self.before.append(self.now)
        self.now, self.stage = snapshot, "selling"

    def scan(self, text: str) -> None:
        if self.banner:
            self.waiting.append(text)
        elif text not in CODES or self.tenders:
            self.banner = True
            self.stage = "selling" if self.stage == "done" else self.stage
        else:
            sku, pieces = CODES[text]
            now = self.now or Snapshot()
            held = dict(now.lines)
            held[sku] = held.get(sku, 0) + pieces
            self.push(replace(now, lines=tuple(held.items())))

    def dismiss(self) -> None:
        self.banner = False
        while self.waiting and not self.banner:
            self.scan(self.waiting.pop(0))

    def edit(self, index: int, quantity: int) -> None:
        """Change a line, or void it with a quantity of zero."""
        if self.stage == "selling" and self.now and index < len(self.now.lines):
            lines = list(self.now.lines)
            sku = lines[index][0]
            lines[index : index + 1] = [(sku, quantity)] if quantity else []
            self.push(replace(self.now, lines=tuple(lines)))

    def undo(self) -> None:
        if self.may_sell() and self.before:
            self.now, self.stage = self.before.pop(), "selling"
            self.undone += 1

    def attach(self, member: str) -> None:
        if self.may_sell() and (self.now or Snapshot()).member != member:
            self.push(replace(self.now or Snapshot(), member=member))

    def detach(self) -> None:
        if self.now and self.now.member and not self.tenders:
            self.push(replace(self.now, member=""))

    def to_pay(self) -> None:
        if self.stage == "selling" and self.now and self.now.lines and not self.banner:
            self.stage = "paying"

    def back(self) -> None:
        if self.stage == "paying" and not self.tenders:
            self.stage = "selling"

    def pay(self, kind: str, given: int) -> None:
        if self.stage != "paying" or self.banner or not self.now or given <= 0 or self.due <= 0:
            return
        if kind == "card" and given > self.due:
            return
        if given < self.due:
            self.tenders.append((kind, given))
            return
        cash = sum(amount for of, amount in self.tenders if of == "cash")
        self.cash += cash + (self.due if kind == "cash" else 0)
        self.sales += 1
        self.now, self.before, self.tenders, self.stage = None, [], [], "done"

    def take_back(self) -> None:
        if self.stage == "paying" and self.tenders:
            self.tenders.pop()

    def restart(self) -> None:
        if self.stage == "done":
            return
        self.stage = "paying" if self.tenders else "selling"


class Bench:
    """A till without threads over a store of its own."""

    def __init__(self, folder: Path) -> None:
        made = TestShop(folder)
        loaded = made.loaded
        self.store: Store = open_store(loaded.database, synchronous="OFF")
        self.screens = Screens()
        self.shop = Shop(
            config=loaded.config, clock=made.clock, store=self.store, rulebook=fixed(NO_RULES), codes=CodeSettings(SCALES),
            screens=self.screens, health=Health(clock=made.clock, data_dir=folder, disk_free=lambda _: PLENTY),
            committed=lambda: None,
        )  # fmt: skip
        self.till = self.start()

    def start(self) -> Till:
        self.till = Till(LaneConfig(number=1), self.shop)
        return self.till

    def clean(self) -> Till:
        """Begin with an empty lane and empty books."""
        with self.store.transaction():
            for table in ("basket_step", "lane_state", "lot_use", "lot", "transfer", "balance", "sale_line", "sale_tender",
                          "sale", "receipt_counter", "print_job", "outbox", "audit", "member_stat"):  # fmt: skip
                execute(self.store.db, f"DELETE FROM {table}")
            execute(
                self.store.db,
                "INSERT INTO lane_state (lane, staff_id, seen_ms) VALUES (1, 'zhang', ?)",
                self.shop.clock.now_ms(),
            )
        return self.start()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("till"))
    yield made
    made.store.close()


ACTIONS = st.one_of(
    st.tuples(st.just("scan"), st.sampled_from([*CODES, *CODES, UNKNOWN])),
    st.tuples(st.just("edit"), st.integers(0, 2), st.integers(0, 5)),
    st.tuples(st.just("pay"), st.sampled_from(["cash", "card"]), st.sampled_from([1, 200, 5_000, 0])),
    st.tuples(st.just("attach"), st.sampled_from(["li", "wang"])),
    st.tuples(
        st.sampled_from(["undo", "dismiss", "detach", "to_pay", "to_pay", "back", "take_back", "next", "restart"])
    ),
)


def act(bench: Bench, action: tuple[object, ...], due: int) -> None:
    """Do at the till what the model did."""
    till, (what, *more) = bench.till, action
    view = bench.screens.newest(1)
    match what:
        case "scan":
            till.scan(str(more[0]))
        case "edit":
            index, quantity = more
            line_id = view.lines[index].line_id if index < len(view.lines) else "none"  # type: ignore[operator, index]
            till.change_quantity(line_id, quantity) if quantity else till.void_line(line_id)  # type: ignore[arg-type]
        case "pay":
            till.pay(view.sale_id, str(more[0]), more[1] or due)  # type: ignore[arg-type]
        case "attach":
            till.attach_member(str(more[0]))
        case "detach":
            till.detach_member()
        case "dismiss":
            dismiss(till)
        case "back":
            till.back_to_sale()
        case "take_back":
            till.undo_tender()
        case "next":
            till.next_sale()
        case "restart":
            bench.start()
        case _:
            getattr(till, str(what))()


def dismiss(till: Till) -> None:
    """Take the banner away and go on with what waited, as the loop does."""
    till.dismiss()
    for _ in range(WAITING_SCANS_MAX):
        if till.is_working_off():
            till.work_off()


def follow(model: Model, action: tuple[object, ...], due: int) -> None:
    what, *more = action
    if what == "pay":
        model.pay(str(more[0]), more[1] or due)  # type: ignore[arg-type]
    elif what == "next":
        model.stage = "selling" if model.stage == "done" else model.stage
    else:
        getattr(model, str(what))(*more)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=30))
def test_till_agrees_with_a_plain_model(bench: Bench, actions: list[tuple[object, ...]]) -> None:
    bench.clean()
    model = Model()
    for action in actions:
        due = model.due
        follow(model, action, due)
        act(bench, action, due)
        view = bench.screens.newest(1)
        now = model.now or Snapshot()
        assert view.stage == model.stage, action
        assert (view.blocked is not None, view.waiting_scans) == (model.banner, len(model.waiting)), action
        if model.stage != Stage.DONE:
            assert [(line.sku, line.quantity) for line in view.lines] == list(now.lines), action
            assert (view.total, view.due) == (now.total, model.due if model.now else 0), action
            assert (view.member.member_id if view.member else "") == now.member, action
            assert view.can_undo == (bool(model.before) and model.stage == "selling"), action
    assert rows(bench.store.db, "SELECT count(*) FROM sale") == [(model.sales,)]
    assert ledger.balance(bench.store.db, drawer_account(1), CASH) == model.cash
    assert check(bench.store.db).problems == ()


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text("0123456789()]eCE\x1d\x00-M", max_size=40),
        st.binary().map(lambda raw: raw.decode("latin-1")),
    )
)
def test_whatever_is_scanned_the_till_sells_on(bench: Bench, text: str) -> None:
    till = bench.clean()
    refusal = till.scan(text)
    view = bench.screens.newest(1)
    # In the basket or on the screen as a reason, never neither; and what is shown can be sent to a browser.
    assert (view.item_count > 0) == (refusal is None)
    Texts("zh-Hans", "CNY").refusal(refusal.code, refusal.params).encode() if refusal else None
    till.dismiss()
    assert till.scan("4006381333931") is None


# --- prices that move, labels that are obeyed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "given", "refusal", "change"),
    [
        (2_500, 500, None, 0),  # still something to pay
        (2_000, 0, None, 0),  # the card has paid it all: closed without another tender
        (2_000, 500, Refusal("tender_over", {"due_minor": 0}), None),  # cash would go in and straight out again
        (1_500, 0, Refusal("tender_over", {"due_minor": 0}), None),  # the card gives no change: take it back first
    ],
)
def test_price_that_falls_under_money_on_the_table(
    bench: Bench, price: int, given: int, refusal: Refusal | None, change: int | None
) -> None:
    till, clock = bench.clean(), bench.shop.clock
    assert till.scan("6900000000021") is None
    till.to_pay()
    sale_id = bench.screens.newest(1).sale_id
    assert till.pay(sale_id, "card", 2_000) is None
    with bench.store.transaction():
        catalog.put_price(bench.store.db, "rice", price, effective_from_ms=clock.now_ms())
    try:
        assert till.pay(sale_id, "cash", 1_000) == Refusal("price_changed", {"total_minor": price})
        assert till.pay(sale_id, "cash", given) == refusal
        done = bench.screens.newest(1).done
        assert (done.change if done else None) == change
        assert check(bench.store.db).problems == ()
    finally:
        execute(bench.store.db, "DELETE FROM price WHERE sku = 'rice' AND effective_from_ms = ?", clock.now_ms())


@pytest.mark.parametrize(
    ("sku", "unit_price", "quantity"),
    [
        ("pen", 250, 1),  # a reduced piece keeps its list price beside the label's
        ("old", 640, 1),  # no price of its own: never shown as less than nothing
        ("repair", 640, 1),  # the label is the price that the cashier would have typed
        ("apple", 1_280, 1),
    ],
)
def test_label_is_obeyed_as_it_was_printed(bench: Bench, sku: str, unit_price: int, quantity: int) -> None:
    till = bench.clean()
    label = make_label(SCALES[0], item="00777", amount=640)
    with bench.store.transaction():
        catalog.put_code(bench.store.db, "00777", sku)
    till = bench.start()
    assert till.scan(label) is None
    (line,) = bench.screens.newest(1).lines
    assert (line.unit_price, line.quantity, line.net, line.is_open_price) == (unit_price, quantity, 640, False)
    assert till.set_open_price(line.line_id, 1) == Refusal("not_allowed")
    assert till.change_quantity(line.line_id, 2) == Refusal("quantity_of_weighed")


# --- several lanes ---------------------------------------------------------------------------------------------------


def test_lanes_that_sell_at_once_keep_their_numbers_without_a_gap(tmp_path: Path) -> None:
    sales_each = 15
    with TestShop(tmp_path) as shop:

        def sell(lane: int) -> None:
            for _ in range(sales_each):
                shop.ask(lane, Till.scan, text="4006381333931")
                shop.ask(lane, Till.to_pay)
                shop.ask(lane, Till.pay, sale_id=shop.view(lane).sale_id, kind="cash", given=1_000)

        for lane, who, pin in ((1, "zhang", "1234"), (2, "chen", "5678")):
            shop.ask(lane, Till.sign_in, staff_id=who, pin=pin)
        selling = [threading.Thread(target=sell, args=(lane,)) for lane in (1, 2)]
        for thread in selling:
            thread.start()
        for thread in selling:
            thread.join(30)
        found = rows(shop.parts.store.reads, "SELECT receipt_number FROM sale ORDER BY lane, sale_no")
        assert [number for (number,) in found] == [
            f"S001-{lane}-20261123-{count:04d}" for lane in (1, 2) for count in range(1, sales_each + 1)
        ]
        # Every message to head office has its place in one order for both.
        assert rows(shop.parts.store.reads, "SELECT count(*), min(seq), max(seq) FROM outbox") == [(30, 1, 30)]
        assert shop.audit() == ()


# --- what stays behind -----------------------------------------------------------------------------------------------


def test_what_a_person_did_stands_in_the_chain(bench: Bench) -> None:
    till = bench.clean()
    till.scan("4006381333931")
    till.scan("6901234567892")
    till.void_line("2")
    till.undo()
    till.void_basket("x" * 500)
    till.sign_in("zhang", "9999")
    till.sign_in("zhang", "1234")
    till.sign_out()
    noted = rows(bench.store.db, "SELECT action, staff_id, detail FROM audit ORDER BY audit_no")
    assert [action for action, _, _ in noted] == [
        "void_line", "undo", "void_basket", "pin_wrong", "sign_in", "sign_out"
    ]  # fmt: skip
    assert {staff_id for _, staff_id, _ in noted} == {"zhang"}
    assert '"total":600' in noted[2][2] and "x" * 121 not in noted[2][2]
    # Neither the PIN nor what was typed for it is kept.
    assert not any("9999" in str(row) or "1234" in str(row) for row in noted)


def test_basket_that_head_office_would_never_get_is_refused_before_anybody_pays(bench: Bench) -> None:
    till = bench.clean()
    with bench.store.transaction():
        for sku in ("novel-1", "novel-2"):
            catalog.put_item(bench.store.db, Item(sku, Names("长篇小说" * 12_000), 100))
            catalog.put_price(bench.store.db, sku, 100, effective_from_ms=0)
    assert till.add_item("novel-1") is None
    assert till.add_item("novel-2") is None
    assert till.to_pay() == Refusal("basket_too_long")
    assert bench.screens.newest(1).stage is Stage.SELLING
    till.void_line("2")
    assert till.to_pay() is None
    assert till.pay(bench.screens.newest(1).sale_id, "cash", 100) is None
    assert check(bench.store.db).problems == ()


def test_basket_that_grew_too_long_at_the_tenders_can_be_taken_apart(bench: Bench) -> None:
    """Its promotions changed at eight, say: what was paid is given back, and a line goes."""
    till = bench.clean()
    till.scan("4006381333931")
    till.scan("6901234567892")
    till.to_pay()
    sale_id = bench.screens.newest(1).sale_id
    assert till.pay(sale_id, "cash", 100) is None
    with bench.store.transaction():
        catalog.put_item(bench.store.db, Item("cola", Names("可乐" * 50_000), 350))
    try:
        assert till.pay(sale_id, "cash", 500) == Refusal("basket_too_long")
        assert till.undo_tender() is None and till.back_to_sale() is None and till.void_line("2") is None
        assert till.to_pay() is None and till.pay(sale_id, "cash", 250) is None
    finally:
        with bench.store.transaction():
            catalog.put_item(
                bench.store.db, Item("cola", Names("可乐", "可樂", "Cola"), 350, category="drinks", unit="瓶")
            )


def test_payments_of_one_sale_have_an_end(bench: Bench) -> None:
    till = bench.clean()
    till.scan("4006381333931")
    till.to_pay()
    sale_id = bench.screens.newest(1).sale_id
    # One place in the message is kept for what the rounding of cash takes off.
    most = TENDERS_MAX - 1
    for _ in range(most):
        assert till.pay(sale_id, "cash", 1) is None
    assert till.pay(sale_id, "cash", 250) == Refusal("tenders_full", {"max": most})
    assert till.undo_tender() is None
    assert till.pay(sale_id, "cash", 250 - most + 1) is None
    assert bench.screens.newest(1).stage is Stage.DONE


def test_tries_during_the_wait_leave_nothing_behind(bench: Bench) -> None:
    till = bench.clean()
    for _ in range(40):
        till.sign_in("chen", "0000")
    # Five are looked at, and the fifth begins the wait.
    assert rows(bench.store.db, "SELECT count(*) FROM audit WHERE action = 'pin_wrong'") == [(5,)]
    assert rows(bench.store.db, "SELECT key, failed FROM pin_try WHERE key = 'chen'") == [("chen", 5)]


def test_whoever_invents_names_waits_and_nobody_else_does(bench: Bench) -> None:
    till = bench.clean()
    answers = [till.sign_in(f"ghost-{number}", "1234") for number in range(40)]
    assert [answer.code for answer in answers if answer][:6] == ["wrong_pin"] * 4 + ["pin_wait"] * 2
    assert rows(bench.store.db, "SELECT count(*) FROM pin_try WHERE key NOT IN ('zhang', 'chen')") == [(1,)]
    assert rows(bench.store.db, "SELECT count(*) FROM audit") == [(5,)]
    assert till.sign_in("zhang", "1234") is None


def test_waiting_scans_have_an_end(bench: Bench) -> None:
    till = bench.clean()
    till.scan(UNKNOWN)
    for _ in range(WAITING_SCANS_MAX):
        assert till.scan("4006381333931") is None
    assert till.scan("4006381333931") == Refusal("queue_full", {"max": WAITING_SCANS_MAX})
    dismiss(till)
    assert bench.screens.newest(1).item_count == WAITING_SCANS_MAX


def test_no_more_steps_are_kept_than_can_be_undone(bench: Bench) -> None:
    till = bench.clean()
    for _ in range(2 * STEPS_MAX):
        till.scan("4006381333931")
    assert rows(bench.store.db, "SELECT count(*) FROM basket_step") == [(STEPS_MAX,)]
    undone = 0
    while till.undo() is None:
        undone += 1
    # The oldest kept step is where it ends; it holds all that came before it.
    assert undone == STEPS_MAX - 1
    assert bench.screens.newest(1).item_count == STEPS_MAX + 1
    assert not bench.screens.newest(1).can_undo


def test_a_payment_code_is_kept_nowhere(bench: Bench) -> None:
    till = bench.clean()
    till.scan("134567890123456789")
    till.dismiss()
    till.scan("4006381333931")
    till.to_pay()
    till.scan("134567890123456789")
    bench.store.db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in bench.store.path.parent.iterdir():
        if path.is_file():
            assert b"4567890123" not in path.read_bytes(), path


@pytest.mark.parametrize("path", sorted((REPOSITORY / "edge").glob("*.py")), ids=lambda path: path.name)
def test_every_refusal_has_words(path: Path) -> None:
    texts = Texts("en", "CNY")
    for code in re.findall(r'Refusal\(\s*"(\w+)"', path.read_text(encoding="utf-8")):
        assert code in REFUSALS, f"{path.name}: {code}"
        assert texts.refusal(code, Counter()) is not None
