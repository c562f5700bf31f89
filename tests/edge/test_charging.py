"""Payment codes at a real till with all its threads: bad input, what is written where, books that do not agree."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from drivers.pay_gateway import Order, Reply
from edge import charging
from edge.cli.configuration import check
from edge.cli.doctor import doctor
from edge.returning import WantedBack, give_back
from edge.screen import Refusal, Stage
from edge.store import charges, shifts
from edge.store.charges import wrong_charge
from edge.store.database import execute, row, rows, scalar
from edge.text_charges import CHARGE_REFUSALS
from edge.texts import Texts
from edge.till import Till
from rules.charges import ChargeState, Reason
from tests.pay_services import make_services
from tests.shops import CONFIG, GATEWAY, TestShop

WECHAT, ALIPAY = "134567890123456789", "2812345678901234567"
PEN = "4006381333931"
WAIT_S = 8.0
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", config=CONFIG + GATEWAY) as opened:
        yield opened
        assert opened.crashes == []
        assert opened.audit() == ()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def to_pay(shop: TestShop, lane: int = 1) -> None:
    if shop.view(lane).stage is Stage.LOCKED:
        assert shop.ask(lane, Till.sign_in, staff_id="zhang", pin="1234") is None
    assert shop.ask(lane, Till.scan, text=PEN) is None
    assert shop.ask(lane, Till.to_pay) is None


def rest(shop: TestShop) -> None:
    until(shop.parts.charger.is_resting)
    shop.ask(1, lambda _: None)


def pass_time(shop: TestShop, seconds: int) -> None:
    rest(shop)  # a call that is under way would count as made after it
    shop.clock.hand.at_ms += seconds * 1_000
    shop.parts.charger.wake()
    rest(shop)


# --- bad input -----------------------------------------------------------------------------------------------------


def test_a_code_that_is_scanned_twice_is_charged_once(shop):
    """The beep was not heard, so the cashier scans again; or two browsers show one lane."""
    to_pay(shop)
    shop.gateway.next_charge("password_then_pays")
    answers = [shop.ask(1, Till.scan, text=WECHAT) for _ in range(3)]
    assert [answer.code if answer else None for answer in answers] == [None, "charge_running", "charge_running"]
    rest(shop)
    pass_time(shop, 3)
    pass_time(shop, 5)
    assert shop.view().stage is Stage.DONE
    assert shop.gateway.kept() == 250 and len(shop.gateway.orders) == 1
    # A third browser still shows the old screen.
    assert shop.ask(1, Till.scan, text=WECHAT).code == "payment_code_not_here"
    assert len(shop.gateway.orders) == 1


def test_a_charge_that_is_seen_before_its_code_is_handed_over_waits_for_it(shop, monkeypatch):
    to_pay(shop)
    rest(shop)
    charger = shop.parts.charger
    hand_over = charger.hand_over

    def after_it_was_seen(charge_id: str, code: str) -> None:
        charger.wake()
        until(lambda: charge_id in charger._claimed)
        hand_over(charge_id, code)

    monkeypatch.setattr(charger, "hand_over", after_it_was_seen)
    assert shop.ask(1, Till.scan, text=WECHAT) is None
    until(lambda: shop.view().done is not None)
    assert shop.gateway.kept() == 250


def test_cancel_pressed_twice_and_from_a_screen_that_slept(shop):
    to_pay(shop)
    shop.gateway.next_charge("password_never")
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    charge_id = shop.view().charge.charge_id
    assert shop.ask(1, charging.cancel_charge, charge_id="another") == Refusal("charge_gone")
    assert shop.ask(1, charging.cancel_charge, charge_id=charge_id) is None
    assert shop.ask(1, charging.cancel_charge, charge_id=charge_id) == Refusal("charge_gone")
    pass_time(shop, 15)
    assert charges.charge_of(shop.parts.store.reads, charge_id).state is ChargeState.REVERSED
    # What is over is not undone once more, whoever asks.
    shop.ask(1, charging.ask_again, charge_id=charge_id)
    rest(shop)
    assert shop.gateway.copy_of(charge_id).reversals == 1


@pytest.mark.parametrize("kind", ["wechat", "alipay", "unionpay"])
def test_nobody_can_say_that_a_code_was_paid(shop, kind):
    """A press that names such a tender comes from no screen of ours."""
    to_pay(shop)
    answer = shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind=kind, given=250)
    assert answer == Refusal("amount_range")
    assert shop.view().stage is Stage.PAYING


@pytest.mark.parametrize("amount", [-1, 251, 10**12])
def test_a_part_beyond_what_is_due_is_charged_to_nobody(shop, amount):
    to_pay(shop)
    shop.ask(1, charging.charge_next, amount=amount)
    answer = shop.ask(1, Till.scan, text=WECHAT)
    if amount in (-1, 10**12):
        assert answer is None  # no such amount: so it is all that is due
        rest(shop)
        assert shop.gateway.kept() == 250
    else:
        assert isinstance(answer, Refusal)
        assert shop.gateway.orders == {}


def test_a_clock_that_is_set_back_undoes_nothing_early(shop):
    to_pay(shop)
    shop.gateway.next_charge("password_then_pays")
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    shop.stop()
    shop.clock.hand.at_ms -= 3_600_000
    shop.start()
    rest(shop)
    # Nobody knows how long the lane was left alone, so it is locked; the customer has all the time there is.
    assert shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234") is None
    assert shop.view().charge.state == "user_paying"
    pass_time(shop, 5)
    assert shop.view().stage is Stage.DONE


def test_paid_while_the_lane_is_locked_is_a_tender_when_somebody_is_back(shop):
    to_pay(shop)
    shop.gateway.next_charge("password_then_pays")
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    assert shop.ask(1, Till.sign_out) is None
    pass_time(shop, 3)
    pass_time(shop, 5)
    assert shop.gateway.kept() == 250
    assert shop.ask(1, Till.sign_in, staff_id="chen", pin="5678") is None
    view = shop.view()
    assert (view.stage, view.due, [tender.kind for tender in view.tenders]) == (Stage.PAYING, 0, ["wechat"])
    assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=0) is None
    assert shop.view().stage is Stage.DONE


def test_a_price_that_rose_meanwhile_keeps_the_money_and_says_so(shop):
    to_pay(shop)
    shop.gateway.next_charge("password_then_pays")
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)

    def dearer() -> None:
        execute(shop.parts.store.db, "UPDATE price SET amount = 300 WHERE sku = 'pen'")

    shop.parts.loop.write(dearer)
    pass_time(shop, 3)
    pass_time(shop, 5)
    view = shop.view()
    assert view.notice.code == "price_changed" and view.due == 50
    assert shop.ask(1, charging.undo_tenders) is None
    pass_time(shop, 15)
    assert shop.gateway.kept() == 0


def test_a_full_disk_loses_no_payment(shop):
    to_pay(shop)
    shop.disk_free = 1_024
    assert shop.ask(1, Till.scan, text=WECHAT) == Refusal("disk_full")
    assert shop.gateway.orders == {}
    shop.disk_free = 10**10
    shop.gateway.next_charge("silence_paid")
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    shop.disk_free = 1_024
    pass_time(shop, 3)
    # The money is here: it is kept as a tender, and the sale closes when there is room.
    assert [tender.kind for tender in shop.view().tenders] == ["wechat"]
    shop.disk_free = 10**10
    assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=0) is None
    assert shop.view().stage is Stage.DONE


def test_two_lanes_at_once(shop):
    for lane in (1, 2):
        to_pay(shop, lane)
        shop.gateway.next_charge("password_then_pays")
        shop.ask(lane, Till.scan, text=WECHAT if lane == 1 else ALIPAY)
        rest(shop)
    pass_time(shop, 3)
    pass_time(shop, 5)
    assert [shop.view(lane).stage for lane in (1, 2)] == [Stage.DONE, Stage.DONE]
    assert shop.gateway.kept() == 500


def test_the_till_does_not_wait_for_a_gateway(tmp_path):
    """A call that hangs leaves the lane quick, the other lane selling, and the daemon's end short."""
    with TestShop(tmp_path / "shop", config=CONFIG + GATEWAY) as shop:
        is_called, goes_on = threading.Event(), threading.Event()
        charge = shop.gateway.charge

        def slow(order: Order, code: str) -> Reply:
            is_called.set()
            goes_on.wait(20)
            return charge(order, code)

        shop.gateway.charge = slow  # a gateway of the test's own, which hangs
        to_pay(shop)
        shop.ask(1, Till.scan, text=WECHAT)
        assert is_called.wait(5)
        started = time.monotonic()
        to_pay(shop, 2)
        assert shop.ask(2, Till.pay, sale_id=shop.view(2).sale_id, kind="cash", given=250) is None
        assert shop.view().charge.state == "paying"
        assert time.monotonic() - started < 2
        started = time.monotonic()
        shop.stop()
        assert time.monotonic() - started < 8
        goes_on.set()
        until(lambda: len(shop.gateway.orders) == 1)
        shop.gateway.charge = charge
        shop.start()
        rest(shop)
        # It was charged after the daemon was gone; the next one asks, and takes it.
        assert shop.gateway.kept() == 250
        assert scalar(shop.parts.store.reads, "SELECT count(*) FROM sale WHERE lane = 1") == 1


def test_a_return_in_cash_leaves_less_for_the_code(shop):
    """Without the internet the customer may have the cash; what went so goes back to the code no more."""
    assert shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234") is None
    for _ in range(3):
        assert shop.ask(1, Till.scan, text=PEN) is None
    assert shop.ask(1, Till.to_pay) is None
    total = shop.view().total
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    sale_id = str(scalar(shop.parts.store.reads, "SELECT sale_id FROM sale"))

    def back(number: int, in_cash: bool) -> object:
        wanted = (WantedBack(0, 1),)
        return shop.ask(
            1,
            give_back,
            return_id=f"01RETURN{number:018d}",
            sale_id=sale_id,
            wanted=wanted,
            reason="x",
            in_cash=in_cash,
        )

    for number, in_cash in enumerate((True, False, True)):
        assert back(number, in_cash) is None
        rest(shop)
    assert isinstance(back(9, False), Refusal)  # nothing is left of it
    paid = rows(shop.parts.store.reads, "SELECT kind, sum(amount) FROM return_tender GROUP BY kind ORDER BY kind")
    assert sum(amount for _, amount in paid) == total
    assert [kind for kind, _ in paid] == ["cash", "wechat"]
    assert shop.gateway.kept() == total - dict(paid)["wechat"]
    # The same press once more gives nothing back again.
    assert back(1, False) is None
    rest(shop)
    assert shop.gateway.kept() == total - dict(paid)["wechat"]


def test_a_return_without_the_internet_owes_the_refund(shop):
    to_pay(shop)
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    sale_id = str(scalar(shop.parts.store.reads, "SELECT sale_id FROM sale"))
    shop.gateway.is_cut = True
    wanted = (WantedBack(0, 1),)
    shop.ask(1, give_back, return_id="01RETURN000000000000000001", sale_id=sale_id, wanted=wanted, reason="x")
    rest(shop)
    assert shop.parts.reads.open_payments() == (1, 0)
    assert shop.gateway.kept() == 250
    shop.stop()
    shop.gateway.is_cut = False
    shop.start()
    rest(shop)
    assert shop.parts.reads.open_payments() == (0, 0)
    assert shop.gateway.kept() == 0


# --- what is written where -------------------------------------------------------------------------------------------


def test_the_code_stands_nowhere(shop, caplog):
    caplog.set_level("DEBUG")
    to_pay(shop)
    shop.gateway.next_charge("silence_paid")
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    pass_time(shop, 3)
    assert shop.view().stage is Stage.DONE
    shop.stop()
    found = [path.name for path in shop.folder.rglob("*") if path.is_file() and WECHAT.encode() in path.read_bytes()]
    assert found == []
    assert WECHAT not in caplog.text
    shop.start()
    assert row(shop.parts.store.reads, "SELECT masked FROM charge") == ("134567******6789",)
    assert b"134567" not in b"".join(body for (body,) in rows(shop.parts.store.reads, "SELECT body FROM outbox"))


def test_the_report_and_head_office_name_the_gateway(shop):
    assert shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234") is None
    from edge.shifts import begin_shift

    assert shop.ask(1, begin_shift, float_amount=0) is None
    for code in (WECHAT, ALIPAY):
        to_pay(shop)
        shop.ask(1, Till.scan, text=code)
        rest(shop)
    db = shop.parts.store.reads
    report = shifts.report(db, shifts.open_shift(db, 1), at_ms=shop.clock.now_ms())
    assert [(each.kind, each.taken) for each in report.tenders] == [("alipay", 250), ("wechat", 250)]
    assert report.expected == 0  # nothing of it lies in the drawer
    told = [body for (body,) in rows(db, "SELECT body FROM outbox WHERE kind = 'sale'")]
    assert b'"kind":"wechat"' in told[0] and b'"kind":"alipay"' in told[1]


def test_every_step_is_kept_with_its_reason(shop):
    to_pay(shop)
    shop.gateway.next_charge("error_not_paid")
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    pass_time(shop, 60)
    found = rows(shop.parts.store.reads, "SELECT state, deed, told, reason FROM charge_step ORDER BY step_no")
    assert found == [
        ("created", "", "", ""),
        ("paying", "charge", "", ""),
        ("paying", "charge", "unclear", "gateway_error"),
        ("reversing", "ask", "not_paid", "too_late"),
        ("reversed", "reverse", "reversed", "too_late"),
    ]


# --- books that do not agree -------------------------------------------------------------------------------------------


USED_TWICE = (
    "UPDATE lane_state SET tenders = json_array(json_object('kind','wechat','given',250,'ref',"
    "(SELECT charge_id FROM charge)))"
)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE charge SET amount = 300", "of 300 is paid: tenders 1, of 250"),  # more than its tender
        ("UPDATE charge SET state = 'failed'", "is failed: tenders 1, of 250"),  # sold for nothing
        ("UPDATE charge SET state = 'reversed'", "is reversed: tenders 1, of 250"),
        ("UPDATE charge SET kind = 'alipay'", "is paid: tenders 1"),
        ("UPDATE charge SET sale_id = 'another'", "is paid: tenders 1"),
        ("UPDATE sale_tender SET ref = 'nobody'", "tenders"),
        (USED_TWICE, "is paid: tenders 2"),
    ],
)  # fmt: skip
def test_the_audit_names_the_first_charge_that_is_not_where_its_money_is(tmp_path, sql, said):
    with TestShop(tmp_path / "shop", config=CONFIG + GATEWAY) as shop:
        to_pay(shop)
        shop.ask(1, Till.scan, text=WECHAT)
        rest(shop)
        db = shop.parts.store
        assert wrong_charge(db.reads) == ""
        shop.parts.loop.write(lambda: execute(db.db, sql))
        found = wrong_charge(db.reads)
        assert found.startswith("charge ") and said in found


def test_a_refund_beyond_its_charge_is_named(shop):
    to_pay(shop)
    shop.ask(1, Till.scan, text=WECHAT)
    rest(shop)
    sql = "INSERT INTO charge_refund SELECT 'r1', charge_id, 'x', 1, 'zhang', 251, 'refunded', '', '', 0, 0 FROM charge"
    shop.parts.loop.write(lambda: execute(shop.parts.store.db, sql))
    assert "refunds of 251" in wrong_charge(shop.parts.store.reads)
    shop.parts.loop.write(lambda: execute(shop.parts.store.db, "DELETE FROM charge_refund"))


def test_a_lane_that_is_no_more_leaves_nothing_charged(tmp_path):
    with TestShop(tmp_path / "shop", config=CONFIG + GATEWAY) as shop:
        to_pay(shop, 2)
        shop.gateway.next_charge("silence_paid")
        shop.ask(2, Till.scan, text=WECHAT)
        rest(shop)
    text = CONFIG[: CONFIG.index("[[lane]]\nnumber = 2")] + CONFIG[CONFIG.index("[[device]]") : CONFIG.index(
        '[[device]]\nname = "scanner-2"')] + CONFIG[CONFIG.index("[rules]") :] + GATEWAY  # fmt: skip
    (shop.folder / "taptill.toml").write_text(text, encoding="utf-8")
    shop.clock.hand.at_ms += 60_000
    with shop:
        rest(shop)
        assert scalar(shop.parts.store.reads, "SELECT state FROM charge") == "reversed"
        assert shop.gateway.kept() == 0


# --- words and commands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason])
def test_whatever_fails_is_told_in_words(reason):
    """Those that never end a charge have none: they are asked about, or a person knows already."""
    never = {
        Reason.WRONG_AMOUNT, Reason.NOT_BELIEVED, Reason.USED_BEFORE, Reason.NO_ANSWER, Reason.GATEWAY_ERROR,
        Reason.UNDONE, Reason.BY_HAND,
    }  # fmt: skip
    assert (f"charge_{reason}" in CHARGE_REFUSALS) or reason in never
    for code in CHARGE_REFUSALS:
        assert Texts("zh-Hans").t(CHARGE_REFUSALS[code]) != CHARGE_REFUSALS[code]


SERVICES = """
[[gateway]]
kind = "wechat"
app_id = "wx8888888888888888"
merchant_id = "1900000109"
key_file = "pay/wechat.key"
cert_file = "pay/shop.pem"
cert_key_file = "pay/shop.key"
server = "{address}"
ca_file = "pay/ca.pem"
[[gateway]]
kind = "alipay"
app_id = "2021000000000001"
key_file = "pay/app.key"
public_key_file = "pay/alipay.pub"
server = "{address}"
ca_file = "pay/ca.pem"
"""


def test_check_and_doctor_look_at_keys_line_and_clock(tmp_path):
    services = make_services(tmp_path / "shop/pay")
    services.server.start()
    shop = TestShop(tmp_path / "shop", config=CONFIG + SERVICES.format(address=services.server.address))
    path = str(shop.folder / "taptill.toml")
    try:
        assert CliRunner().invoke(check, ["--config", path]).exit_code == 0
        said = CliRunner().invoke(doctor, ["--config", path]).output
        assert said.count("believes our signature") == 2
        (tmp_path / "shop/pay/wechat.key").write_text("x" * 32)
        said = CliRunner().invoke(doctor, ["--config", path]).output
        assert "签名错误" in said and said.count("believes our signature") == 1
        (tmp_path / "shop/pay/app.key").write_text("nothing of the kind")
        found = CliRunner().invoke(check, ["--config", path])
        assert found.exit_code == 1 and "gateway[2]" in found.output
        (tmp_path / "shop/pay/app.key").unlink()
        assert "no file pay/app.key" in CliRunner().invoke(check, ["--config", path]).output
    finally:
        services.server.stop()
    said = CliRunner().invoke(doctor, ["--config", path]).output
    assert "not reached" in said


def test_a_sale_over_the_wire(tmp_path):
    """The whole daemon with the adapters that the configuration names, over TLS, to a server of the wire formats."""
    services = make_services(tmp_path / "shop/pay")
    services.server.start()
    shop = TestShop(tmp_path / "shop", config=CONFIG + SERVICES.format(address=services.server.address))
    shop.charges_itself = False
    try:
        with shop:
            for code in (WECHAT, ALIPAY):
                to_pay(shop)
                assert shop.ask(1, Till.scan, text=code) is None
                until(lambda: shop.view().stage is Stage.DONE)
            assert services.gateway.kept() == 500
            assert shop.audit() == ()
    finally:
        services.server.stop()


@pytest.mark.crash
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_whole_daemon_killed_in_the_middle_of_a_call(tmp_path, where):
    """All threads at once, killed by the server that it is talking to; then started again."""
    services = make_services(tmp_path / "shop/pay")
    services.server.start()
    shop = TestShop(tmp_path / "shop", config=CONFIG + SERVICES.format(address=services.server.address))
    seller = "\n".join(
        [
            "import sys, time",
            "from pathlib import Path",
            "from tests.edge.test_charging import reopen, to_pay, WECHAT",
            "from edge.till import Till",
            "shop = reopen(Path(sys.argv[1]))",
            "shop.start()",
            "to_pay(shop)",
            "shop.ask(1, Till.scan, text=WECHAT)",
            "time.sleep(60)",
        ]
    )
    process = subprocess.Popen([sys.executable, "-c", seller, str(shop.folder)], cwd=REPOSITORY)
    charge = services.gateway.charge

    def deadly(order: Order, code: str) -> Reply:
        reply = charge(order, code) if where == "after" else None
        process.kill()
        process.wait(10)
        return reply or charge(order, code)

    services.gateway.charge = deadly
    try:
        assert process.wait(40) == -9
        services.gateway.charge = charge
        shop.charges_itself = False
        with shop:
            until(lambda: shop.view().stage is Stage.DONE or not charges.open_charges(shop.parts.store.reads))
            assert scalar(shop.parts.store.reads, "SELECT total FROM sale") == 250
            assert services.gateway.kept() == 250
            assert max(order.charges for order in services.gateway.orders.values()) == 1
            assert shop.audit() == ()
    finally:
        process.kill()
        process.wait(10)
        services.server.stop()


def reopen(folder: Path) -> TestShop:
    """Return a shop over a folder that is there."""
    shop = TestShop.__new__(TestShop)
    shop.reopen(folder)
    shop.charges_itself = False
    return shop
