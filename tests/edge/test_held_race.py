"""The same basket on hold, taken at two lanes at the same moment, a thousand times: one has it each time, never both."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

from edge import exchanging, holding
from edge.returning_plan import WantedBack
from edge.screen import Refusal
from edge.store import held
from edge.store.database import scalar
from edge.till import Till
from tests.shops import CONFIG, TestShop

TURNS = 1_000
PEN = "4006381333931"


def at_once(shop: TestShop, deeds: dict[int, tuple[object, dict[str, object]]]) -> dict[int, Refusal | None]:
    """Do a deed at each lane at the same moment and return the answers."""
    ready = Barrier(len(deeds))
    answers: dict[int, Refusal | None] = {}

    def press(lane: int) -> None:
        deed, arguments = deeds[lane]
        ready.wait(5)
        answers[lane] = shop.ask(lane, deed, **arguments)

    threads = [Thread(target=press, args=(lane,)) for lane in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers.keys() == deeds.keys()
    return answers


def test_one_of_two_lanes_takes_it_each_time(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop") as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
        shop.ask(1, Till.scan, text=PEN)
        has = 1
        for _ in range(TURNS):
            sale_id = shop.view(has).sale_id
            assert shop.ask(has, holding.hold) is None
            answers = at_once(shop, {lane: (holding.resume, {"sale_id": sale_id}) for lane in (1, 2)})
            won = [lane for lane, answer in answers.items() if answer is None]
            assert len(won) == 1, answers
            has = won[0]
            lost = answers[3 - has]
            assert lost is not None and lost.code == "held_gone"
            assert shop.view(has).sale_id == sale_id
            assert shop.view(has).total == 250
            assert shop.view(3 - has).lines == ()
        db = shop.parts.store.reads
        assert held.sum_of(db).count == 0
        assert scalar(db, "SELECT count(*) FROM audit WHERE action = 'resume'") == TURNS
        assert shop.audit() == ()


def test_the_same_piece_is_exchanged_at_one_of_two_lanes_each_time(tmp_path: Path) -> None:
    """A thousand pieces, each pressed for at both lanes at once: each is given for once."""
    with TestShop(tmp_path / "shop", promotions="") as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
        sales = []
        for _ in range(2):
            shop.ask(1, Till.set_next_quantity, quantity=TURNS // 2)
            shop.ask(1, Till.scan, text=PEN)
            view = shop.view(1)
            assert shop.ask(1, Till.to_pay) is None
            assert shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=view.total) is None
            sales.append(view.sale_id)
        shop.ask(1, Till.next_sale)
        wins = {1: 0, 2: 0}
        for turn in range(TURNS):
            sale_id = sales[turn % 2]
            deeds: dict[int, tuple[object, dict[str, object]]] = {}
            left = TURNS // 2 - turn // 2
            for lane in (1, 2):
                shop.ask(lane, Till.next_sale)
                if shop.view(lane).lines or shop.view(lane).back:
                    shop.ask(lane, Till.back_to_sale)
                    shop.ask(lane, Till.void_basket, reason="lost the race")
                # All that is left of it, so that two cannot have it.
                asked = {"sale_id": sale_id, "wanted": [WantedBack(0, left)], "reason": "not_wanted"}
                assert shop.ask(lane, exchanging.put_back, **asked) is None
                # All but one of the pieces are taken along again.
                if left > 1:
                    shop.ask(lane, Till.set_next_quantity, quantity=left - 1)
                    shop.ask(lane, Till.scan, text=PEN)
                assert shop.ask(lane, Till.to_pay) is None
                pay = {"sale_id": shop.view(lane).sale_id, "kind": "cash", "given": 0}
                deeds[lane] = (Till.pay, pay)
            answers = at_once(shop, deeds)
            won = [lane for lane, answer in answers.items() if answer is None]
            assert len(won) == 1, answers
            wins[won[0]] += 1
            lost = answers[3 - won[0]]
            assert lost is not None and lost.code == "return_too_many"
            sales[turn % 2] = shop.view(won[0]).sale_id
        assert sum(wins.values()) == TURNS
        assert scalar(shop.parts.store.reads, "SELECT sum(takings) - sum(refunded) FROM day_stat") == 0
        assert shop.audit() == ()


def test_a_store_holds_so_many_and_no_more(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop") as shop:
        shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
        for _ in range(holding.HELD_MAX):
            shop.ask(1, Till.scan, text=PEN)
            assert shop.ask(1, holding.hold, note="x" * 500) is None
        shop.ask(1, Till.scan, text=PEN)
        answer = shop.ask(1, holding.hold)
        assert answer == Refusal("held_full", {"max": holding.HELD_MAX})
        assert shop.view(1).total == 250
        assert {len(each.note) for each in held.all_held(shop.parts.store.reads)} == {holding.NOTE_MAX}


def test_a_role_throws_away_what_it_may_void(tmp_path: Path) -> None:
    roles = '\n[[role]]\nname = "cashier"\nmay = []\nvoid_basket_minor = 200\n'
    with TestShop(tmp_path / "shop", config=CONFIG + roles) as shop:
        shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
        shop.ask(1, Till.scan, text=PEN)
        sale_id = shop.view(1).sale_id
        shop.ask(1, holding.hold)
        answer = shop.ask(1, holding.discard_held, sale_id=sale_id, reason="nobody_came")
        assert answer.code == "approval_needed"
        assert held.sum_of(shop.parts.store.reads).count == 1
        assert shop.ask(1, holding.discard_held, sale_id=sale_id, reason=" ").code == "reason_missing"
