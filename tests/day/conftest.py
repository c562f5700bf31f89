"""What a whole day needs around it: a broker, head office as a process of its own, and a shop in a language."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.credit import set_credit_limit
from edge.store import catalog
from edge.store.database import open_store
from edge.till import Till
from rules.basket import Names
from tests.brokers import Mosquitto
from tests.day.lane import PINYIN
from tests.day.plan import CREDIT_LIMIT
from tests.offices import OfficeProcess
from tests.shops import CONFIG, COUNTER, GATEWAY, ITEMS, PROMOTIONS, TestShop

RULES = """
[points.cash]
step = 100
worth = 100
most_bp = 5_000

[stored_value]
on = true
order = "principal_first"
gift_expires_months = 12

[[stored_value.top_ups]]
id = "up200"
amount = 20_000
gift = 5_000

[[promotions]]
id = "five"
kind = "coupon_amount_off"
off = 500
min_amount = 2_000
code = "FIVE"
names = { zh_hans = "5元券", zh_hant = "5元券", en = "Coupon: 5.00 off" }
scope = { all = true }
"""
KEYS = ("cola", "milk", "rice", "bread", "pen", "apple")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path).start()
    yield broker
    broker.stop()


@pytest.fixture
def office(tmp_path: Path, broker: Mosquitto) -> Iterator[OfficeProcess]:
    office = OfficeProcess(tmp_path / "hq", broker.port).start()
    yield office
    office.close()


@pytest.fixture(params=["zh-Hans", "zh-Hant", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(tmp_path: Path, broker: Mosquitto, language: str) -> Iterator[TestShop]:
    """A shop in that language, on the day of today, that rounds cash and sells only within a shift."""
    keys = f'[store]\nlanguage = "{language}"\ncash_step = 10\n'
    link = f'\n[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n[shift]\nrequired = true\n'
    made = TestShop(
        tmp_path / "shop",
        config=CONFIG.replace("[store]\n", keys, 1) + COUNTER + GATEWAY + link,
        promotions=PROMOTIONS.read_text(encoding="utf-8") + RULES,
    )
    made.clock.hand.at_ms = int(time.time()) * 1_000
    store = open_store(made.loaded.database, synchronous="OFF")
    with store.transaction():
        for item, _ in ITEMS:
            if item.sku in PINYIN:
                catalog.put_item(store.db, item, initials=PINYIN[item.sku])
        catalog.put_quick_page(store.db, 1, Names("热销", "熱銷", "Popular"), [(sku, "teal") for sku in KEYS])
    store.close()
    with made:
        made.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        made.ask(1, set_credit_limit, member_id="li", limit=CREDIT_LIMIT, reason="a good neighbour")
        made.ask(1, Till.sign_out)
        yield made
        assert made.crashes == []
