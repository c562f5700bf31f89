"""How long people are kept: by the rules, once a night, and never by a wrong clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.jobs import Job, Jobs
from edge.member_desk import add_note, register, set_consent
from edge.store import ledger, members, people
from edge.store.database import rows, scalar
from edge.till import Till
from rules.ledger import ISSUER, STORED_VALUE, Transfer, member_account
from tests.shops import PROMOTIONS, TestShop, moment_ms

RULES = (
    PROMOTIONS.read_text(encoding="utf-8") + "\n[membership]\nforget_after_months = 12\ndrop_notes_after_months = 6\n"
)


def sell(shop: TestShop, member_id: str | None = None) -> None:
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    if member_id:
        shop.ask(1, Till.attach_member, member_id=member_id)
    shop.ask(1, Till.scan, text="4006381333931")
    shop.ask(1, Till.to_pay)
    assert shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=250) is None
    shop.ask(1, Till.next_sale)


def at(shop: TestShop, local: str) -> None:
    shop.clock.hand.at_ms = moment_ms(local)


def test_who_did_not_come_for_so_long_is_forgotten(tmp_path: Path) -> None:
    with TestShop(tmp_path, promotions=RULES) as shop:
        sell(shop, "li")
        shop.ask(1, set_consent, member_id="li", purpose="messages", is_given=True)
        at(shop, "2027-11-25 05:00")
        sell(shop, "wang")
        shop.parts.jobs.look()
        db = shop.parts.store.reads
        statuses = dict(rows(db, "SELECT member_id, status FROM member"))
        # Li came a year and two days ago; Wang just now. A blocked file is somebody's business.
        assert statuses == {"li": "erased", "wang": "active", "banned": "blocked"}
        assert people.person(db, "li") is None
        assert members.name_of(db, "li") == ""
        assert scalar(db, "SELECT count(*) FROM sale WHERE member_id = 'li'") == 1
        assert scalar(db, "SELECT count(*) FROM audit WHERE action = 'member_forgotten'") == 1
        assert shop.audit() == ()


def test_who_has_money_is_kept(tmp_path: Path) -> None:
    with TestShop(tmp_path, promotions=RULES) as shop:
        db = shop.parts.store.db
        move = Transfer(STORED_VALUE, ISSUER, member_account("li"), 500, "opening")
        shop.parts.loop.write(lambda: ledger.post(db, [move], sale_id=None, at_ms=0, business_date="2026-01-01"))
        at(shop, "2028-11-25 05:00")
        sell(shop)
        shop.parts.jobs.look()
        assert people.person(shop.parts.store.reads, "li") is not None
        assert people.person(shop.parts.store.reads, "wang") is None


@pytest.mark.parametrize(
    ("moment", "because"),
    [
        ("2029-06-01 05:00", "nothing was sold for years: it is the clock that is wrong"),
        ("2026-11-24 03:59", "the night's hour has not come"),
        ("1999-01-01 05:00", "this clock was never set"),
    ],
)
def test_nobody_is_forgotten(tmp_path: Path, moment: str, because: str) -> None:
    with TestShop(tmp_path, promotions=RULES) as shop:
        sell(shop, "li")
        at(shop, moment)
        shop.parts.jobs.look()
        assert people.person(shop.parts.store.reads, "wang") is not None, because


def test_old_notes_are_dropped(tmp_path: Path) -> None:
    with TestShop(tmp_path, promotions=RULES) as shop:
        sell(shop, "li")
        shop.ask(1, add_note, member_id="li", text="旧的")
        at(shop, "2027-06-25 05:00")
        sell(shop, "li")
        shop.ask(1, add_note, member_id="li", text="新的")
        shop.parts.jobs.look()
        person = people.person(shop.parts.store.reads, "li")
        assert person is not None
        assert [note.text for note in person.profile.notes] == ["新的"]


def test_a_job_is_done_once_a_day_in_steps(tmp_path: Path) -> None:
    with TestShop(tmp_path) as shop:
        seen: list[str] = []

        def step(_: object, after: str) -> str | None:
            seen.append(after)
            return str(len(seen)) if len(seen) < 3 else None

        jobs = Jobs(shop.ask(1, lambda till: till.desk.shop), shop.parts.loop, (Job("three", step),))
        jobs.look()
        jobs.look()
        assert seen == ["", "1", "2"]
        shop.clock.hand.at_ms += 86_400_000
        jobs.look()
        assert seen == ["", "1", "2", ""]


def test_without_rules_everybody_is_kept(tmp_path: Path) -> None:
    with TestShop(tmp_path) as shop:
        at(shop, "2036-11-25 05:00")
        sell(shop)
        shop.parts.jobs.look()
        assert people.person(shop.parts.store.reads, "li") is not None
        assert shop.ask(1, register, phone="13800138000", name="甲") is not None
