"""The demo shop: its catalogue and people, its past, its folder, and all its programs started and stopped."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from random import Random

import pytest

from edge.clock import Clock
from edge.config_file import Loaded, load_config
from edge.demo import folder as demo_store
from edge.demo.catalogue import Catalogue, demo_folder, read_catalogue
from edge.demo.folder import FolderError, Ports, open_folder, with_port, write_configuration
from edge.demo.habits import Shoppers
from edge.demo.make import make_store
from edge.demo.people import BLOCKED_NUMBER, STAFF, make_members
from edge.demo.processes import Program, StartError, Stopped, find_mosquitto, free_port, start
from edge.store import auditing
from edge.store.database import Store
from rules.gtin import read_gtin
from rules.money import Minor
from rules.promotions import RuleSet, load_rules
from rules.scale_codes import ScaleFormat

TODAY = date(2026, 11, 22)
NOON_MS = 1_795_320_000_000
"""12:00 in Shanghai on that day."""
COLOURS = {"amber", "green", "red", "blue", "violet", "teal", "brown", "grey"}
STOP_MAX_S = 5.0
START_MAX_S = 60.0


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue(demo_folder())


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    found = load_rules((demo_folder() / "promotions.toml").read_text(encoding="utf-8"))
    assert isinstance(found, RuleSet), found
    return found


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    found = load_config(demo_folder() / "taptill.toml")
    assert isinstance(found, Loaded), found
    return found


# --- catalogue


def test_it_looks_like_a_shop(catalogue: Catalogue) -> None:
    assert len(catalogue.items) >= 200
    assert len({each.item.category for each in catalogue.items}) >= 12
    assert {each.item.category for each in catalogue.items} == {each.category_id for each in catalogue.categories}
    assert len({each.item.sku for each in catalogue.items}) == len(catalogue.items)
    for each in catalogue.items:
        names = each.item.names
        assert names.zh_hans and names.zh_hant and max(names.en) < "\u2e80" < max(names.zh_hans), names
        assert each.item.unit and each.item.price > 0 and each.item.tax_bp in (900, 1_300)
        assert each.member_price is None or each.member_price < each.item.price
        assert each.initials and each.pinyin.isascii()
    assert sum(bool(each.item.brand) for each in catalogue.items) > 150


def test_every_code_is_a_good_one_and_stands_for_one_item(catalogue: Catalogue) -> None:
    codes = [code for each in catalogue.items for code in each.codes]
    assert len({code.text for code in codes}) == len(codes)
    for each in catalogue.items:
        if each.item.is_weighed:
            assert re.fullmatch(r"2[01]\d{5}", each.codes[0].text) and each.item.unit == "kg"
            continue
        piece, *cartons = each.codes
        assert re.fullmatch(r"069[0-5]\d{10}", piece.text) and piece.quantity == 1
        assert all(read_gtin(code.text) for code in each.codes)
        assert all(carton.quantity > 1 and carton.text.startswith("1") for carton in cartons)
    assert Counter(code.text[:2] for code in codes)["20"] > 5  # labels with a weight
    assert Counter(code.text[:2] for code in codes)["21"] > 5  # labels with a price
    assert sum(code.quantity > 1 for code in codes) > 10


def test_quick_keys(catalogue: Catalogue) -> None:
    skus = {each.item.sku for each in catalogue.items}
    assert len(catalogue.quick_pages) == 4
    for page in catalogue.quick_pages:
        assert {sku for sku, _ in page.keys} <= skus and {colour for _, colour in page.keys} <= COLOURS
        assert len({sku for sku, _ in page.keys}) == len(page.keys) >= 12


def test_promotions_name_items_that_are_there_and_dearer(catalogue: Catalogue) -> None:
    text = (demo_folder() / "promotions.toml").read_text(encoding="utf-8")
    items = [each.item for each in catalogue.items]
    found = load_rules(text, known_skus={each.sku for each in items}, known_items=items)
    assert isinstance(found, RuleSet), found
    assert len(found.promotions) >= 12


# --- people


def test_members() -> None:
    members = make_members(Random(1), today=TODAY)
    assert members == make_members(Random(1), today=TODAY)
    assert members != make_members(Random(2), today=TODAY)
    assert len(members) == 60
    for field in ("member_id", "code", "name", "phone", "card_uid"):
        assert len({getattr(member, field) for member in members}) == 60, field
    assert all(re.fullmatch(r"1[3-9]\d{9}", member.phone) for member in members)
    # Seven bytes that begin with a maker's: four bytes, or a first byte of 08, would be a random UID.
    assert all(re.fullmatch(r"04[0-9a-f]{12}", member.card_uid) for member in members)
    assert (members[0].birthday.month, members[0].birthday.day) == (11, 22)
    assert sum(member.birthday.lunar for member in members) == 12
    assert [number for number, member in enumerate(members) if member.is_card_blocked] == [BLOCKED_NUMBER]


def test_staff() -> None:
    assert len(STAFF) == 4 and [person.role for person in STAFF].count("manager") == 1
    assert len({person.pin for person in STAFF}) == len({person.badge_uid for person in STAFF}) == 4


def test_a_day_is_the_same_for_a_seed(catalogue: Catalogue, loaded: Loaded) -> None:
    formats = tuple(ScaleFormat(each.prefix, each.format) for each in loaded.config.scale_code)

    def day(seed: int) -> list[tuple[str, int]]:
        random = Random(seed)
        members = make_members(random, today=TODAY)
        shoppers = Shoppers(random, catalogue.items, members, formats)
        visits = shoppers.day(date(2026, 11, 20), today=TODAY)
        return [(visit.at_local.isoformat(), sum(line.gross for line in shoppers.lines(visit))) for visit in visits]

    assert day(1) == day(1) != day(2)
    assert 40 <= len(day(1)) <= 80
    assert [at for at, _ in day(1)] == sorted(at for at, _ in day(1))


# --- the past


def make(path: Path, loaded: Loaded, rules: RuleSet, *, days: int, seed: int = 7) -> int:
    clock = Clock("Asia/Shanghai", fixed_ms=NOON_MS)
    return make_store(path, loaded.config, rules, demo_folder(), seed=seed, days=days, clock=clock)


@pytest.mark.slow
def test_eight_weeks_of_sales_agree_with_the_books(tmp_path: Path, loaded: Loaded, rules: RuleSet) -> None:
    count = make(tmp_path / "taptill.db", loaded, rules, days=56)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taptill.db"]
    store = Store(tmp_path / "taptill.db")
    try:
        report = auditing.check(store.reads)
    finally:
        store.close()
    assert not report.problems and report.sales == count
    with closing(sqlite3.connect(tmp_path / "taptill.db")) as db:

        def one(sql: str) -> Minor:
            return int(db.execute(sql).fetchone()[0])

        assert 2_800 <= count <= 3_900 and one("SELECT count(DISTINCT business_date) FROM sale") == 56
        assert db.execute("SELECT min(business_date), max(business_date) FROM sale").fetchone() == (
            "2026-09-27",
            "2026-11-21",
        )
        # Each sale and each top-up is told; members pay money in, and pay with it.
        assert one("SELECT count(*) FROM outbox") == one("SELECT count(*) FROM sale") + one(
            "SELECT count(*) FROM entry"
        )
        assert one("SELECT count(*) FROM top_up") >= 10
        assert one("SELECT count(*) FROM print_job") == 0
        # Some of everything: tiers, discounts, both lanes, each way of paying, goods on the shelf.
        assert one("SELECT count(DISTINCT tier_id) FROM member") >= 3
        assert one("SELECT count(*) FROM sale WHERE discount > 0") > count // 10
        assert one("SELECT count(DISTINCT lane) FROM sale") == 2
        assert one("SELECT count(DISTINCT kind) FROM sale_tender") == 4
        # One member is just short of the next tier: what was missing after their newest sale.
        missing = "SELECT next_tier_short FROM sale GROUP BY member_id HAVING sale_no = max(sale_no)"
        assert one(f"SELECT min(next_tier_short) FROM ({missing}) WHERE next_tier_short > 0") <= 8_000
        assert one("SELECT count(*) FROM card WHERE status = 'blocked'") == 1


def test_the_same_seed_makes_the_same_sales(tmp_path: Path, loaded: Loaded, rules: RuleSet) -> None:
    def sales(name: str, seed: int) -> list[tuple[str, int, str]]:
        path = tmp_path / name / "taptill.db"
        path.parent.mkdir()
        make(path, loaded, rules, days=3, seed=seed)
        with closing(sqlite3.connect(path)) as db:
            return db.execute("SELECT sale_id, total, receipt_number FROM sale ORDER BY sale_no").fetchall()

    first = sales("a", 7)
    assert first == sales("b", 7) and first != sales("c", 8)


def test_a_making_that_is_ended_leaves_no_store(tmp_path: Path, loaded: Loaded, rules: RuleSet) -> None:
    def end(done: int, whole: int) -> None:
        assert whole == 9
        if done == 2:
            raise Stopped

    path = tmp_path / "taptill.db"
    with pytest.raises(Stopped):
        make_store(path, loaded.config, rules, demo_folder(), days=9, progress=end)
    assert not path.exists()
    # The next start makes it whole, whatever lies about.
    assert make(path, loaded, rules, days=2) > 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["taptill.db"]


# --- the folder


def test_only_a_demo_is_thrown_away(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("keep me", encoding="utf-8")
    for reset in (False, True):
        with pytest.raises(FolderError, match="no demo store"):
            open_folder(mine, reset=reset)
    assert (mine / "letter.txt").exists()
    demo = tmp_path / "new" / "demo"
    os.close(open_folder(demo, reset=False))
    (demo / "data" / "old").write_text("x", encoding="utf-8")
    os.close(open_folder(demo, reset=False))
    assert (demo / "data" / "old").exists()
    os.close(open_folder(demo, reset=True))
    assert not (demo / "data" / "old").exists() and (demo / "data").is_dir()


def test_what_a_link_points_at_is_not_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one").write_text("x", encoding="utf-8")
    os.close(open_folder(tmp_path / "demo", reset=False))
    (tmp_path / "demo" / "photos").symlink_to(tmp_path / "photos")
    os.close(open_folder(tmp_path / "demo", reset=True))
    assert (tmp_path / "photos" / "one").exists() and not (tmp_path / "demo" / "photos").exists()


def test_a_running_demo_keeps_its_folder(tmp_path: Path) -> None:
    held = open_folder(tmp_path / "demo", reset=False)
    with pytest.raises(FolderError, match="running already"):
        open_folder(tmp_path / "demo", reset=True)
    os.close(held)


def test_a_changed_configuration_stays_but_for_the_ports(tmp_path: Path) -> None:
    os.close(open_folder(tmp_path, reset=False))
    write_configuration(tmp_path, Ports(broker=5001, till=5002, wall=5003))
    path = tmp_path / "taptill.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("梧桐里便利店", "我的店"), encoding="utf-8")
    write_configuration(tmp_path, Ports(broker=6001, till=6002, wall=6003))
    loaded, promotions = demo_store.store_of(tmp_path)
    assert loaded.config.store.name_zh_hans == "我的店" and promotions.rules.promotions
    assert loaded.config.broker is not None
    assert (loaded.config.broker.port, loaded.config.screen.port) == (6001, 6002)
    assert "port = 6003" in (tmp_path / "hq.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("[screen]\nport = 1\n[x]\nport = 2\n", "[screen]\nport = 9\n[x]\nport = 2\n"),
        ("[x]\nport = 2\n[screen] # here\nport=1\n", "[x]\nport = 2\n[screen] # here\nport=9\n"),
        ("[screen]\nbench = true\n[x]\nport = 2\n", "[screen]\nport = 9\nbench = true\n[x]\nport = 2\n"),
        ("[x]\nport = 2\n", "[x]\nport = 2\n\n[screen]\nport = 9\n"),
        ("[screen]\nreport = 1\nport = 1\n", "[screen]\nreport = 1\nport = 9\n"),
    ],
)
def test_with_port(text: str, changed: str) -> None:
    assert with_port(text, "screen", 9) == changed


# --- the programs


def test_a_port_that_is_taken_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit('no paper')", "ended with 1 instead of starting:\n  no paper"),
        ("print('bye')", "ended with 0 instead of starting:\n  bye"),
    ],
)
def test_a_program_that_does_not_start_shows_its_last_words(tmp_path: Path, code: str, said: str) -> None:
    program = Program("till", (sys.executable, "-c", code), lambda: False)
    with pytest.raises(StartError) as found:
        start(program, logs=tmp_path, wait=lambda s: bool(time.sleep(s)))
    assert said in str(found.value)


def test_a_start_that_is_ended_leaves_nothing_running(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    program = Program("till", (sys.executable, "-c", code), lambda: False)

    def wait(seconds: float) -> bool:
        time.sleep(seconds)
        return pid_file.exists() and bool(pid_file.read_text())

    with pytest.raises(Stopped):
        start(program, logs=tmp_path, wait=wait)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


class Demo:
    """The demo as a person starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder.parent / "out.txt"
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge", "demo", "--dir", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.out.read_text(encoding="utf-8")

    def until_open(self) -> None:
        give_up_at = time.monotonic() + START_MAX_S
        while "Ctrl-C" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < give_up_at, self.said
            time.sleep(0.05)

    def url(self, what: str) -> str:
        found = re.search(rf"{what}\s+(http\S+)", self.said)
        assert found, self.said
        return found[1]

    def until_ended(self, limit_s: float) -> tuple[int, float]:
        begun = time.monotonic()
        code = self.process.wait(limit_s)
        return code, time.monotonic() - begun

    def programs(self) -> list[int]:
        """Return the processes of its session's children: they have its folder on their command line."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.folder.resolve()) + "/" in line:
                found.append(int(entry.parent.name))
        return found


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    demo = Demo(folder)
    try:
        demo.until_open()
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.wait()


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
@pytest.mark.broker
def test_the_demo_opens_closes_and_opens_again(tmp_path: Path) -> None:
    assert find_mosquitto()
    folder = tmp_path / "demo"
    with running(folder) as demo:
        assert "梧桐里便利店" in fetch(demo.url("Till"))
        assert "data-sku" in fetch(demo.url("Device bench"))
        assert fetch(demo.url("Head office"))
        assert all(person.pin in demo.said for person in STAFF)
        assert len(demo.programs()) == 3
        _until_hq_has(folder, _count(folder / "data" / "taptill.db", "sale"))
        demo.process.send_signal(signal.SIGINT)
        code, seconds = demo.until_ended(STOP_MAX_S)
        assert (code, demo.programs()) == (0, []) and seconds < STOP_MAX_S, demo.said
    sales = _count(folder / "data" / "taptill.db", "sale")
    begun = time.monotonic()
    with running(folder) as demo:
        # The past is not made a second time, so opening takes seconds.
        assert time.monotonic() - begun < START_MAX_S / 3
        assert "8 周" not in demo.said and _count(folder / "data" / "taptill.db", "sale") == sales
        till = next(pid for pid in demo.programs() if b"taptill.toml" in Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(till, signal.SIGKILL)
        code, _ = demo.until_ended(STOP_MAX_S)
        assert code == 1 and "till" in demo.said and "-9" in demo.said and demo.programs() == []
    with running(folder) as demo:
        # Its programs go with it even when it has no chance to stop them.
        demo.process.kill()
        demo.process.wait()
        give_up_at = time.monotonic() + STOP_MAX_S
        while demo.programs():
            assert time.monotonic() < give_up_at, demo.programs()
            time.sleep(0.05)


def _count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _until_hq_has(folder: Path, sales: int) -> None:
    give_up_at = time.monotonic() + START_MAX_S
    while (found := _count(folder / "hq" / "hq.db", "sale")) < sales:
        assert time.monotonic() < give_up_at, f"head office has {found} of {sales} sales"
        time.sleep(0.1)
