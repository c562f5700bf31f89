"""How a shop of the catalogue comes to each stage: what a person did before a picture is taken."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge import charging as codes
from edge.coupon_desk import NewBatch, issue_to_member, new_batch
from edge.credit import set_credit_limit
from edge.exchanging import put_back
from edge.holding import hold
from edge.ids import new_id
from edge.returning import give_back
from edge.returning_plan import WantedBack
from edge.screen import Stage
from edge.shifts import begin_shift, close_shift
from edge.store import catalog
from edge.stored_value import top_up
from edge.till import Till
from edge.till_asks import confirm_age
from edge.till_by_hand import discount_line
from edge.till_checks import begin_check, end_check
from edge.till_training import begin_training
from rules.basket import Names
from tests.shops import TestShop

PEN, COLA, MILK, RICE, HAIRCUT, TIMES_CARD = (
    "4006381333931", "6901234567892", "6900000000014", "6900000000021", "6900000000083", "6900000000090",
)  # fmt: skip
BEER, FLOWERS = "6900000000106", "6900000000120"
WECHAT = "134567890123456789"
ENOUGH = 50_000
WAIT_S = 20.0

NEWEST = {
    "sale": "SELECT sale_id FROM sale ORDER BY sale_no DESC LIMIT 1",
    "entry": "SELECT entry_id FROM entry WHERE kind = 'return' LIMIT 1",
    "shift": "SELECT shift_id FROM shift WHERE closed_ms IS NOT NULL LIMIT 1",
    "held": "SELECT sale_id FROM held_basket LIMIT 1",
}


def newest(shop: TestShop, what: str) -> str:
    return str(shop.parts.store.reads.execute_sql(NEWEST[what]).fetchone()[0])


def until(holds: Callable[[], bool], every_s: float = 0.01) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(every_s)


def nothing(shop: TestShop) -> None:
    del shop


def _in(shop: TestShop, staff_id: str = "zhang", pin: str = "1234") -> None:
    if shop.view().stage is not Stage.LOCKED:
        shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id=staff_id, pin=pin)


def _sold(shop: TestShop, *scanned: str) -> str:
    for text in scanned:
        assert shop.ask(1, Till.scan, text=text) is None
    shop.ask(1, Till.to_pay)
    sale_id = shop.view().sale_id
    assert shop.ask(1, Till.pay, sale_id=sale_id, kind="cash", given=ENOUGH) is None
    shop.ask(1, Till.next_sale)
    return sale_id


def _quick_keys(shop: TestShop) -> None:
    db = shop.parts.store.db
    drinks = [("cola", "red"), ("milk", "blue"), ("beer", "amber"), ("bread", ""), ("rice", "green")]
    catalog.put_quick_page(db, 1, Names("饮料", "飲料", "Drinks"), drinks)
    catalog.put_quick_page(db, 2, Names("其他", "其他", "Other"), [("flowers", "violet"), ("apple", "brown")], sort=1)


def sign_in(shop: TestShop) -> None:
    shop.parts.loop.write(lambda: _quick_keys(shop))
    _in(shop)
    # A shift of before, with a return in it: there is a Z report and a slip.
    shop.ask(1, begin_shift, float_amount=30_000)
    sale_id = _sold(shop, PEN, RICE)
    back = [WantedBack(0, 1)]
    shop.ask(1, give_back, return_id=new_id(shop.clock), sale_id=sale_id, wanted=back, reason="broken")
    shop.ask(1, close_shift, pieces="10000:3", other=3_000)
    _in(shop)
    shop.ask(1, begin_shift, float_amount=30_000)
    shop.ask(1, top_up, entry_id=new_id(shop.clock), member_id="li", amount=20_000, kind="card")
    shop.ask(1, set_credit_limit, member_id="li", limit=50_000, reason="regular")
    batch = shop.ask(1, new_batch, asked=NewBatch(name="双十二满减券", promotion_id="five-off", valid_days=30))
    shop.ask(1, issue_to_member, batch_id=batch, member_id="li")
    for _ in range(2):
        shop.ask(1, Till.attach_member, member_id="li")
        _sold(shop, TIMES_CARD)


def sell(shop: TestShop) -> None:
    for text in (PEN, MILK, RICE, COLA, HAIRCUT):
        shop.ask(1, Till.scan, text=text)
    shop.ask(1, Till.attach_member, member_id="li")


def leave_alone(shop: TestShop) -> None:
    """The lane locks over the basket; the next scene goes on with it."""
    shop.ask(1, Till.sign_out)


def banner(shop: TestShop) -> None:
    _in(shop)
    shop.ask(1, Till.scan, text="6999999999994")


def expired_asked(shop: TestShop) -> None:
    shop.dismiss()
    shop.ask(1, Till.scan, text=f"(01)0{MILK}(17)261122")


def age_asked(shop: TestShop) -> None:
    shop.dismiss()
    shop.ask(1, Till.scan, text=BEER)


def price_asked(shop: TestShop) -> None:
    shop.ask(1, confirm_age)
    shop.ask(1, Till.scan, text=FLOWERS)


def weighing(shop: TestShop) -> None:
    shop.dismiss()
    shop.scale().put(1_234)
    shop.ask(1, Till.add_item, sku="apple")


def checking(shop: TestShop) -> None:
    shop.dismiss()
    shop.ask(1, begin_check)


def checked(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text=MILK)


def approval(shop: TestShop) -> None:
    shop.ask(1, end_check)
    _in(shop, "chen", "5678")
    line = shop.view().lines[0].line_id
    shop.ask(1, discount_line, line_id=line, off_bp=3_000, reason="damaged")


def pay(shop: TestShop) -> None:
    _in(shop)
    shop.ask(1, Till.to_pay)


def no_internet(shop: TestShop) -> None:
    shop.gateway.is_cut = True
    shop.ask(1, Till.scan, text=WECHAT)
    until(lambda: shop.view().charge is None and shop.view().notice is not None)


def password(shop: TestShop) -> None:
    shop.gateway.is_cut = False
    shop.dismiss()
    _charge(shop, "password_never")


def unknown(shop: TestShop) -> None:
    _cancel(shop)
    _charge(shop, "silence_paid")


def cannot_be_undone(shop: TestShop) -> None:
    shop.gateway.next_reversal("refused")
    _cancel(shop)

    def needs_a_person() -> bool:
        shop.clock.hand.at_ms += 15_000
        shop.parts.charger.wake()
        return shop.parts.reads.open_payments()[1] > 0

    until(needs_a_person, every_s=0.2)


def _charge(shop: TestShop, meets: str) -> None:
    shop.gateway.next_charge(meets)
    shop.ask(1, Till.scan, text=WECHAT)

    def is_answered() -> bool:
        shop.parts.charger.wake()
        charge = shop.view().charge
        return charge is not None and bool(charge.reason or charge.state == "user_paying")

    until(is_answered, every_s=0.1)


def _cancel(shop: TestShop) -> None:
    charge = shop.view().charge
    assert charge is not None
    shop.ask(1, codes.cancel_charge, charge_id=charge.charge_id)
    until(lambda: shop.view().charge is None)


def half_paid(shop: TestShop) -> None:
    shop.dismiss()
    for kind in ("card", "cash"):
        shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind=kind, given=500)


def done(shop: TestShop) -> None:
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=ENOUGH)


def slip_in_doubt(shop: TestShop) -> None:
    shop.printer("kitchen").fail_next("drop")
    shop.ask(1, Till.next_sale)
    _sold(shop, COLA)
    until(lambda: bool(shop.parts.reads.doubtful_slips(("kitchen",), 1)))


def held(shop: TestShop) -> None:
    for note, text in (("穿红衣服的阿姨", PEN), ("", MILK)):
        shop.ask(1, Till.scan, text=text)
        shop.ask(1, hold, note=note)


def exchange(shop: TestShop) -> None:
    sale_id = newest(shop, "sale")
    shop.ask(1, put_back, sale_id=sale_id, wanted=[WantedBack(0, 1)], reason="broken")
    shop.ask(1, Till.scan, text=PEN)


def giving_back(shop: TestShop) -> None:
    shop.ask(1, Till.to_pay)


def given_back(shop: TestShop) -> None:
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=0)


def practice(shop: TestShop) -> None:
    room = shop.parts.shop.practice
    assert room is not None and room.prepare(shop.parts.shop)  # type: ignore[attr-defined]
    shop.ask(1, Till.next_sale)
    assert shop.ask(1, begin_training) is None
    for text in (PEN, RICE):
        shop.ask(1, Till.scan, text=text)


def practice_done(shop: TestShop) -> None:
    shop.ask(1, Till.to_pay)
    done(shop)
