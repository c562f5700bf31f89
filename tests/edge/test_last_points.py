"""The same last 100 points at two lanes, pressed for at the same moment, a thousand times: one wins each time."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

from edge.ids import new_id
from edge.points_desk import adjust_points
from edge.screen import Refusal
from edge.store.ledger import points_of
from edge.till import Till
from tests.shops import TestShop

RULES = """
[points]
per_yuan_bp = 0
cash = { step = 100, worth = 100 }
"""
TURNS = 1_000


def test_one_of_two_lanes_gets_the_last_points_each_time(tmp_path: Path) -> None:
    with TestShop(tmp_path / "shop", promotions=RULES) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
        wins = {1: 0, 2: 0}
        for _ in range(TURNS):
            deed = {"entry_id": new_id(shop.clock), "member_id": "li", "change": 100, "reason": "the next turn"}
            assert shop.ask(1, adjust_points, **deed) is None
            for lane in (1, 2):
                if shop.view(lane).sale_id == "" or shop.view(lane).done is not None:
                    shop.ask(lane, Till.attach_member, member_id="li")
                    shop.ask(lane, Till.add_item, sku="repair", open_price=100)
                assert shop.ask(lane, Till.redeem_points, points=100) is None
                assert shop.ask(lane, Till.to_pay) is None or shop.view(lane).stage == "paying"
                assert shop.view(lane).total == 0
            ready = Barrier(2)
            answers: dict[int, Refusal | None] = {}

            def press(lane: int, ready: Barrier = ready, answers: dict[int, Refusal | None] = answers) -> None:
                sale_id = shop.view(lane).sale_id
                ready.wait(5)
                answers[lane] = shop.ask(lane, Till.pay, sale_id=sale_id, kind="cash", given=0)

            threads = [Thread(target=press, args=(lane,)) for lane in (1, 2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(10)
            won = [lane for lane, answer in answers.items() if answer is None]
            assert len(won) == 1, answers
            wins[won[0]] += 1
            lost = answers[3 - won[0]]
            # The other customer is told what it costs now; nothing was taken.
            assert lost is not None
            assert lost.code in ("points_changed", "price_changed")
            assert points_of(shop.parts.store.reads, "li", now_ms=shop.clock.now_ms()) == 0
            shop.ask(won[0], Till.next_sale)
            shop.ask(3 - won[0], Till.back_to_sale)
        assert sum(wins.values()) == TURNS
        assert shop.audit() == ()
