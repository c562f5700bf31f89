"""Versions of the rules: taken from the file, published, rolled back, counted from the next pricing on, never lost."""

from __future__ import annotations

import html
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from edge import rule_desk, rule_drafts
from edge.config_file import Loaded, load_or_last_good
from edge.rulebook import newest_readable, publish, read_text, text_of
from edge.screen import Refusal, Stage
from edge.store import rulebook as versions
from edge.store.database import StoreError, execute, open_store, rows, scalar
from edge.store.rulebook import EntryText
from edge.till import Till
from rules.promotions import NO_RULES, RuleSet, load_rules
from tests.shops import PROMOTIONS, TestShop

REPOSITORY = Path(__file__).parents[2]
PEN, COLA, MILK = "4006381333931", "6901234567892", "6900000000014"
HALF = {
    "kind": "percent_off", "id": "half", "names": {"en": "Half"}, "scope": {"categories": ["drinks"]}, "off_bp": 5_000,
}  # fmt: skip


TOO_DEAR = """
[[promotions]]
kind = "fixed_price"
id = "no-bargain"
names = { en = "No bargain" }
scope = { categories = ["drinks"] }
price = 350
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path) as shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield shop


def put(shop: TestShop, table: dict[str, object] = HALF, lane: int = 1, instead_of: str = "") -> Refusal | None:
    change = partial(rule_drafts.put, table=table, instead_of=instead_of)
    answer: Refusal | None = shop.ask(lane, rule_desk.change_draft, change=change)
    return answer


def publish_it(shop: TestShop, note: str = "", *, lane: int = 1, revision: int = 1, over: int = 1) -> Refusal | None:
    answer: Refusal | None = shop.ask(lane, rule_desk.publish_draft, revision=revision, note=note, over=over)
    return answer


def history(shop: TestShop) -> list[tuple[int, str, str, str]]:
    return [(e.number, e.source, e.staff_name, e.note) for e in versions.entries(shop.parts.store.reads)]


# ------------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize("name", ["config/example/promotions.toml", "config/demo/promotions.toml"])
def test_the_text_of_rules_says_the_same_rules(name: str) -> None:
    rules = load_rules((REPOSITORY / name).read_text(encoding="utf-8"))
    assert isinstance(rules, RuleSet), rules
    again = read_text(text_of(rules))
    assert isinstance(again, RuleSet), again
    assert (again.promotions, again.tiers, again.version) == (rules.promotions, rules.tiers, rules.version)
    assert text_of(again) == text_of(rules)


def test_the_file_is_the_first_version_and_is_taken_once(tmp_path: Path) -> None:
    shop = TestShop(tmp_path)
    for _ in range(2):
        with shop:
            assert history(shop) == [(1, "file", "", "")]
            assert versions.entries(shop.parts.store.reads)[0].version == "stories-1"
            assert scalar(shop.parts.store.reads, "SELECT count(*) FROM outbox") == 0


def test_a_file_that_changed_is_a_new_version_at_the_next_start(tmp_path: Path) -> None:
    shop = TestShop(tmp_path)
    with shop:
        pass
    text = PROMOTIONS.read_text(encoding="utf-8")
    (tmp_path / "promotions.toml").write_text(text.replace("off = 500", "off = 600"), encoding="utf-8")
    with shop:
        assert [each[:2] for each in history(shop)] == [(2, "file"), (1, "file")]
        newest = versions.entries(shop.parts.store.reads)[0]
        # The file kept its version's name; on receipts one name means one text.
        assert newest.version.startswith("stories-1+") and len(newest.version) == len("stories-1+") + 6
        assert rows(shop.parts.store.reads, "SELECT kind, subject FROM outbox") == [("audit", "rules/2")]
        assert shop.audit() == ()


def test_what_was_published_outlives_a_restart_under_the_same_file(tmp_path: Path) -> None:
    shop = TestShop(tmp_path)
    with shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        put(shop)
        assert publish_it(shop, "drinks") is None
    with shop:
        assert history(shop) == [(2, "editor", "小张", "drinks"), (1, "file", "", "")]
        shop.ask(1, Till.scan, text=COLA)
        assert shop.view().total == 175


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("[[promotions", "promotions.toml"),  # no TOML at all
        (PROMOTIONS.read_text(encoding="utf-8").replace("all = true }\nwho", 'skus = ["tea-99"] }\nwho'), "tea-99"),
        (PROMOTIONS.read_text(encoding="utf-8") + TOO_DEAR, "350 is not below the list price of 350"),
    ],
    ids=["syntax", "unknown item", "price"],
)
def test_a_broken_file_leaves_the_version_in_force(tmp_path: Path, broken: str, said: str) -> None:
    shop = BrokenShop(tmp_path)
    with shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        put(shop)
        publish_it(shop)
    (tmp_path / "promotions.toml").write_text(broken, encoding="utf-8")
    found, problems = load_or_last_good(tmp_path / "taptill.toml")
    assert found is not None and found.promotions is not None
    assert found.promotions.is_last_good is bool(problems)
    with shop:
        assert len(history(shop)) == 2
        shop.ask(1, Till.scan, text=COLA)
        assert shop.view().total == 175
        told = [str(problem) for problem in problems] + list(shop.parts.health.strip().problems)
        assert any(said in each for each in told), told
        # What `start` is given by the daemon, and what it finds by itself, stand on the screen alike.
        for problem in problems:
            shop.parts.health.add_problem(str(problem))
        for path in ("", "/settings", "/rules"):
            page = urllib.request.urlopen(f"{shop.parts.url}lane/1{path}", timeout=5).read().decode()
            assert (said in html.unescape(page)) is bool(path), path
            assert "配置" in page or path == "/rules"


class BrokenShop(TestShop):
    """A shop that starts with what a daemon would start with, problems or not."""

    __test__ = False

    @property
    def loaded(self) -> Loaded:
        found, _ = load_or_last_good(self.folder / "taptill.toml")
        assert found is not None
        screen = msgspec.structs.replace(found.config.screen, port=0, threads=8)
        return replace(found, config=msgspec.structs.replace(found.config, screen=screen))


# ------------------------------------------------------------------------------------------- publishing


def test_what_is_published_counts_on_open_baskets_of_all_lanes(shop: TestShop) -> None:
    shop.ask(2, Till.sign_in, staff_id="chen", pin="5678")
    for lane in (1, 2):
        shop.ask(lane, Till.scan, text=COLA)
        assert shop.view(lane).total == 350
    assert put(shop) is None
    assert shop.view().total == 350, "a draft changes no price"
    assert publish_it(shop, "drinks at half price") is None
    assert shop.view(1).total == 175
    shop.ask(2, Till.tick)
    assert shop.view(2).total == 175
    shop.ask(1, Till.to_pay)
    sale_id = shop.view().sale_id
    shop.ask(1, Till.pay, sale_id=sale_id, kind="cash", given=175)
    sale = shop.parts.reads.sale(sale_id)
    assert sale is not None and sale.total == 175
    assert sale.rules_version == versions.entries(shop.parts.store.reads)[0].version
    assert history(shop)[0] == (2, "editor", "小张", "drinks at half price")
    assert rows(
        shop.parts.store.reads, "SELECT staff_id, lane, subject FROM audit WHERE action = 'rules_published'"
    ) == [("zhang", 1, "2")]
    assert rows(shop.parts.store.reads, "SELECT kind, subject FROM outbox ORDER BY seq")[0] == ("audit", "rules/2")
    assert shop.audit() == ()


def test_a_customer_who_pays_is_told_before_the_price_changes(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text=COLA)
    shop.ask(1, Till.to_pay)
    put(shop)
    publish_it(shop)
    shop.ask(1, Till.tick)
    view = shop.view()
    assert (view.stage, view.due) == (Stage.PAYING, 350)
    refusal = shop.ask(1, Till.pay, sale_id=view.sale_id, kind="cash", given=350)
    assert refusal == Refusal("price_changed", {"total_minor": 175})
    assert shop.view().due == 175


@pytest.mark.parametrize(("staff_id", "pin", "code"), [("chen", "5678", "not_allowed"), ("", "", "locked")])
def test_only_a_manager_changes_the_rules(shop: TestShop, staff_id: str, pin: str, code: str) -> None:
    put(shop)
    if staff_id:
        shop.ask(2, Till.sign_in, staff_id=staff_id, pin=pin)
    assert put(shop, lane=2) == Refusal(code)
    assert publish_it(shop, lane=2) == Refusal(code)
    assert shop.ask(2, rule_desk.discard_draft) == Refusal(code)
    assert shop.ask(2, rule_desk.roll_back, number=1, note="", over=1) == Refusal(code)
    assert len(history(shop)) == 1


def test_a_draft_with_problems_is_not_published(shop: TestShop) -> None:
    put(shop, {**HALF, "scope": {}})
    put(shop, {**HALF, "id": "tea", "scope": {"skus": ["tea-99"]}})
    assert publish_it(shop, revision=2) == Refusal("rules_problems", {"count": 2})
    assert len(history(shop)) == 1
    shop.ask(1, Till.scan, text=COLA)
    assert shop.view().total == 350


def test_what_changed_meanwhile_is_looked_at_first(shop: TestShop) -> None:
    assert publish_it(shop) == Refusal("rules_no_draft")
    put(shop)
    put(shop, {**HALF, "id": "more"})
    assert publish_it(shop, revision=1) == Refusal("rules_draft_changed")
    assert publish_it(shop, revision=2, over=7) == Refusal("rules_changed", {"number": 1})
    assert publish_it(shop, revision=2) is None
    assert publish_it(shop, revision=2, over=2) == Refusal("rules_no_draft")


def test_a_discarded_draft_is_gone(shop: TestShop) -> None:
    put(shop)
    assert shop.ask(1, rule_desk.discard_draft) is None
    assert versions.draft(shop.parts.store.reads) is None


def test_rolling_back_adds_a_version(shop: TestShop) -> None:
    put(shop)
    publish_it(shop)
    shop.ask(1, Till.scan, text=COLA)
    assert shop.view().total == 175
    assert shop.ask(1, rule_desk.roll_back, number=2, note="", over=2) == Refusal(
        "rules_version_unknown", {"number": 2}
    )
    assert shop.ask(1, rule_desk.roll_back, number=1, note="too cheap", over=2) is None
    assert shop.view().total == 350
    assert history(shop)[0] == (3, "rollback", "小张", "too cheap")
    newest, _, oldest = versions.entries(shop.parts.store.reads)
    assert (newest.based_on, newest.version) == (1, oldest.version)


@pytest.mark.parametrize("statement", ["UPDATE rules_entry SET note = 'x'", "DELETE FROM rules_entry"])
def test_history_is_only_added_to(shop: TestShop, statement: str) -> None:
    with pytest.raises(StoreError, match="never"):
        shop.parts.loop.write(lambda: execute(shop.parts.store.db, statement))


def test_a_version_that_was_not_written_is_not_in_force(shop: TestShop) -> None:
    put(shop)
    shop.ask(1, Till.scan, text=COLA)
    shop.parts.loop.write(
        lambda: execute(
            shop.parts.store.db,
            "CREATE TRIGGER broken BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'broken'); END",
        )
    )
    assert publish_it(shop) == Refusal("store_failed")
    assert len(history(shop)) == 1
    shop.parts.loop.write(lambda: execute(shop.parts.store.db, "DROP TRIGGER broken"))
    shop.ask(1, Till.scan, text=COLA)
    assert shop.view().total == 700
    assert versions.draft(shop.parts.store.reads) is not None
    assert publish_it(shop) is None
    assert shop.view().total == 350


KILLED = """
import os, signal, sys
from pathlib import Path
from edge.rulebook import publish
from edge.store.database import open_store
from rules.promotions import NO_RULES
store = open_store(Path(sys.argv[1]))
with store.transaction():
    publish(store.db, NO_RULES, source="command", at_ms=1)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_between_version_and_commit_nothing_was_published(shop: TestShop) -> None:
    path = shop.parts.store.path
    shop.stop()
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=REPOSITORY, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    shop.start()
    assert len(history(shop)) == 1
    assert scalar(shop.parts.store.reads, "SELECT count(*) FROM outbox") == 0
    assert shop.audit() == ()


def test_what_another_process_publishes_counts_from_the_next_pricing_on(shop: TestShop) -> None:
    shop.ask(1, Till.scan, text=MILK)
    shop.ask(1, Till.scan, text=COLA)
    other = open_store(shop.parts.store.path)
    rules = load_rules(msgspec.json.encode({"promotions": [HALF]}).decode(), format="json")
    assert isinstance(rules, RuleSet)
    with other.transaction():
        publish(other.db, rules, source="command", at_ms=shop.clock.now_ms())
    other.close()
    shop.ask(1, Till.scan, text=COLA)
    assert shop.view().total == 1_200 + 350


def test_a_version_that_cannot_be_read_is_said_on_the_screen_and_the_one_in_force_stays(shop: TestShop) -> None:
    put(shop)
    publish_it(shop)
    shop.ask(1, Till.scan, text=COLA)
    text = EntryText('{"promotions": [{"kind": "of the future", "id": "x"}]}', "[]")
    db = shop.parts.store.db
    shop.parts.loop.write(lambda: versions.add(db, version="9", text=text, source="command", at_ms=2))
    for _ in range(3):
        shop.ask(1, Till.tick)
    assert shop.view().total == 175
    assert shop.parts.health.strip().problems == ("promotions: version 3 cannot be read; version 2 stays in force",)
    shop.stop()
    shop.start()
    assert shop.parts.health.strip().problems == ("promotions: version 3 cannot be read; version 2 stays in force",)
    shop.ask(1, Till.scan, text=COLA)
    assert shop.view().total == 350


def test_what_costs_more_than_its_list_price_is_not_published_and_is_named(shop: TestShop) -> None:
    dear = {
        "kind": "fixed_price",
        "id": "dear",
        "names": {"en": "D"},
        "scope": {"categories": ["drinks"]},
        "price": 350,
    }
    put(shop, dear)
    assert publish_it(shop) == Refusal("rules_problems", {"count": 1})
    put(shop, dear | {"price": 349}, instead_of="dear")
    assert publish_it(shop, revision=2) is None


def test_a_version_that_nobody_can_read_leaves_the_one_before(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    with store.transaction():
        publish(store.db, NO_RULES, source="command", at_ms=1)
        text = EntryText('{"promotions": [{"kind": "of the future", "id": "x"}]}', "[]")
        versions.add(store.db, version="9", text=text, source="command", at_ms=2)
    found = newest_readable(store.db)
    assert found is not None and found.entry is not None
    assert found.entry.number == 1
    store.close()
