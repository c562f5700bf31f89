"""Balances and lots in the store, against a plain model that keeps them in dictionaries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.store import ledger
from edge.store.auditing import check
from edge.store.database import Store, execute, open_store, rows
from rules.ledger import CASH, CUSTOMERS, ISSUER, POINTS, STORED_VALUE, Transfer, draw, drawer_account

DAY = "2026-11-23"
A, B = "member/a", "member/b"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(tmp_path_factory.mktemp("ledger") / "store.db", synchronous="OFF")
    yield opened
    opened.close()


def post(store: Store, *transfers: Transfer, at_ms: int = 0) -> bool:
    """Post in one transaction and tell whether it was written."""
    try:
        with store.transaction():
            ledger.post(store.db, transfers, sale_id=None, at_ms=at_ms, business_date=DAY)
    except ledger.InsufficientError:
        return False
    return True


def emptied(store: Store) -> None:
    with store.transaction():
        for table in ("lot_use", "lot", "transfer", "balance"):
            execute(store.db, f"DELETE FROM {table}")


@given(
    st.lists(st.tuples(st.integers(1, 60), st.one_of(st.none(), st.integers(1, 100))), max_size=12),
    st.integers(1, 300),
    st.integers(0, 100),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_more_lots_are_read_than_are_drawn(
    store: Store, granted: list[tuple[int, int | None]], amount: int, now_ms: int
) -> None:
    emptied(store)
    assert post(store, *(Transfer(POINTS, ISSUER, A, many, "test", until) for many, until in granted))
    if granted:
        # One that was used before, as far as it goes.
        post(store, Transfer(POINTS, A, ISSUER, granted[0][0], "test"))
    read = ledger.next_lots(store.db, A, POINTS, amount, now_ms)
    uses = draw(ledger.open_lots(store.db, A, POINTS), amount, now_ms=now_ms)
    assert draw(read, amount, now_ms=now_ms) == uses
    assert uses is None or [lot.lot_id for lot in read] == [use.lot_id for use in uses]


@dataclass
class Model:
    """What every account holds; lots as [remaining, expires]."""

    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    lots: dict[tuple[str, str], list[list[int]]] = field(default_factory=dict)

    def post(self, transfer: Transfer, *, now_ms: int) -> bool:
        source, target = (transfer.from_account, transfer.unit), (transfer.to_account, transfer.unit)
        if source[0].startswith("member/") and transfer.unit in (POINTS, STORED_VALUE):
            alive = sorted((lot for lot in self.lots.get(source, []) if lot[1] > now_ms), key=lambda lot: lot[1])
            if sum(lot[0] for lot in alive) < transfer.amount:
                return False
            left = transfer.amount
            for lot in alive:
                used = min(lot[0], left)
                lot[0] -= used
                left -= used
        elif source[0] not in (ISSUER, CUSTOMERS, drawer_account(1)) and self.balances.get(source, 0) < transfer.amount:
            return False
        if target[0].startswith("member/") and transfer.unit in (POINTS, STORED_VALUE):
            self.lots.setdefault(target, []).append([transfer.amount, transfer.expires_ms or 10**15])
        self.balances[source] = self.balances.get(source, 0) - transfer.amount
        self.balances[target] = self.balances.get(target, 0) + transfer.amount
        return True


MOVES = st.builds(
    lambda unit, ends, amount, expires: Transfer(unit, *ends, amount, "test", expires),
    st.sampled_from([POINTS, STORED_VALUE, CASH]),
    st.sampled_from([(ISSUER, A), (ISSUER, B), (A, ISSUER), (A, B), (B, A), (CUSTOMERS, drawer_account(1)), (B, ISSUER),
                     (drawer_account(1), CUSTOMERS)]),
    st.integers(1, 60),
    st.one_of(st.none(), st.integers(1, 100)),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(MOVES, st.integers(0, 100)), max_size=25))
def test_the_store_agrees_with_a_plain_model(store: Store, moves: list[tuple[Transfer, int]]) -> None:
    emptied(store)
    model = Model()
    now_ms = 0
    for transfer, now_ms in sorted(moves, key=lambda move: move[1]):
        assert post(store, transfer, at_ms=now_ms) == model.post(transfer, now_ms=now_ms)
    kept = {
        (account, unit): amount for account, unit, amount in rows(store.db, "SELECT account, unit, amount FROM balance")
    }
    assert {key: amount for key, amount in kept.items() if amount} == {k: v for k, v in model.balances.items() if v}
    for unit in (POINTS, STORED_VALUE, CASH):
        assert sum(amount for (_, of), amount in kept.items() if of == unit) == 0
    assert all(
        amount >= 0 for (account, _), amount in kept.items() if account not in (ISSUER, CUSTOMERS, drawer_account(1))
    )
    for account, unit in ((A, POINTS), (B, POINTS), (A, STORED_VALUE), (B, STORED_VALUE)):
        alive = sum(lot[0] for lot in model.lots.get((account, unit), []) if lot[1] > now_ms)
        assert ledger.spendable(store.db, account, unit, now_ms=now_ms) == alive
    assert check(store.db).problems == ()


def test_what_expires_first_goes_first(store: Store) -> None:
    emptied(store)
    for amount, expires in ((100, None), (30, 2_000), (20, 1_000), (50, 2_000)):
        assert post(store, Transfer(POINTS, ISSUER, A, amount, "accrual", expires))
    assert post(store, Transfer(POINTS, A, ISSUER, 60, "redemption"), at_ms=10)
    # 20 of the one that ends first, 30 of the older one of two with the same end, 10 of the younger, none that stays.
    assert rows(store.db, "SELECT remaining FROM lot ORDER BY lot_id") == [(100,), (0,), (0,), (40,)]
    # After its end a lot is not touched, however much is in it.
    assert not post(store, Transfer(POINTS, A, ISSUER, 101, "redemption"), at_ms=2_000)
    assert post(store, Transfer(POINTS, A, ISSUER, 100, "redemption"), at_ms=2_000)
    assert ledger.spendable(store.db, A, POINTS, now_ms=2_000) == 0


def test_nothing_is_moved_when_one_of_several_is_too_much(store: Store) -> None:
    emptied(store)
    assert post(store, Transfer(STORED_VALUE, ISSUER, A, 500, "top-up"))
    before = rows(store.db, "SELECT * FROM balance")
    assert not post(
        store, Transfer(CASH, CUSTOMERS, drawer_account(1), 100, "sale"), Transfer(STORED_VALUE, A, ISSUER, 501, "sale")
    )
    assert rows(store.db, "SELECT * FROM balance") == before
    assert rows(store.db, "SELECT count(*) FROM transfer") == [(1,)]


def test_unknown_account_holds_nothing(store: Store) -> None:
    assert ledger.balance(store.db, "member/nobody", POINTS) == 0
    assert not post(store, Transfer(POINTS, "member/nobody", ISSUER, 1, "test"))


def test_accounts_that_nothing_moved_before_stand_beside_those_that_hold_something(store: Store) -> None:
    emptied(store)
    drawer = drawer_account(1)
    assert post(store, Transfer(CASH, CUSTOMERS, drawer, 300, "sale"))
    # One call moves what is there, another makes what is not: neither may count twice.
    assert post(
        store, Transfer(CASH, CUSTOMERS, drawer, 50, "sale"), Transfer("stock:pen", "shelf", CUSTOMERS, 2, "sale")
    )
    found = rows(store.db, "SELECT account, unit, amount, may_be_negative FROM balance ORDER BY account, unit")
    assert found == [
        (CUSTOMERS, CASH, -350, 1),
        (CUSTOMERS, "stock:pen", 2, 1),
        (drawer, CASH, 350, 1),
        ("shelf", "stock:pen", -2, 1),
    ]


def test_an_account_that_never_held_anything_has_too_little(store: Store) -> None:
    emptied(store)
    assert not post(store, Transfer(CASH, A, CUSTOMERS, 1, "sale"))
    assert rows(store.db, "SELECT account FROM balance") == []
