"""The commands of `taptill` as an owner meets them: what they print, how they end, and that nothing ends in a traceback."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from drivers.escpos_printer import EscposPrinter
from drivers.fake_pn532 import FakePn532
from drivers.fake_printer import FakePrinterServer
from drivers.fake_scale import FakeScale
from drivers.fake_wires import Line, SerialScanner
from drivers.printer_recording import PlayedTransport
from drivers.recording import load as load_recording
from edge.__main__ import main
from edge.cli.device_checks import Finding, Holder, Verdict, check_device, holders, runs_taptill
from edge.cli.doctor import check_broker, check_clock, check_database, check_disk
from edge.cli.found_devices import found_devices
from edge.clock import Clock
from edge.config import BrokerConfig, DeviceConfig
from edge.config_file import Loaded, load_config
from edge.device_paths import device_path
from edge.found_devices import Places
from edge.store.database import Store, execute
from tests.drivers.test_input_nodes import Box

REPOSITORY = Path(__file__).resolve().parents[2]


def taptill(*words: str | Path, typed: str | None = None) -> Result:
    """Run a command; anything but a planned end is the test's failure."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return the configuration of a store made by `init`."""
    (tmp_path / "pin").write_text("2468\n")
    result = taptill("init", tmp_path / "shop", "--store-id", "S7", "--name", "好邻居", "--pin-file", tmp_path / "pin")
    assert result.exit_code == 0, result.output
    return tmp_path / "shop" / "taptill.toml"


def loaded(config: Path) -> Loaded:
    found = load_config(config)
    assert isinstance(found, Loaded), [str(problem) for problem in found]
    return found


def staff_of(config: Path) -> list[tuple[str, str, str, str | None]]:
    with sqlite3.connect(loaded(config).database) as db:
        found = db.execute("SELECT staff_id, name, role, badge_uid FROM staff ORDER BY staff_id").fetchall()
    db.close()
    return found


def commands() -> list[tuple[str, ...]]:
    names: list[tuple[str, ...]] = []
    for name, command in main.commands.items():
        names.append((name,))
        if isinstance(command, click.Group):
            names += [(name, below) for below in command.commands]
    return names


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_explains_itself(words):
    result = taptill(*words, "--help")
    assert result.exit_code == 0
    assert f"Usage: main {' '.join(words)}" in result.output


def test_all_commands_are_there():
    assert sorted(main.commands) == [
        "audit", "backup", "cards", "check", "config", "coupons", "demo", "doctor", "export", "import", "init", "keys",
        "price", "record", "rules", "run", "scan", "user",
    ]  # fmt: skip


def test_a_wrong_word_ends_with_2():
    assert taptill("sell").exit_code == 2


def test_it_is_a_program():
    done = subprocess.run([sys.executable, "-m", "edge", "scan", "4006381333931"], cwd=REPOSITORY, capture_output=True,
                          timeout=60, check=True)  # fmt: skip
    assert json.loads(done.stdout)["gtin14"] == "04006381333931"


# init


def test_init_makes_a_store_that_check_finds_fine(shop):
    assert taptill("check", "--config", shop).exit_code == 0
    assert staff_of(shop) == [("01", "店长", "manager", None)]
    assert loaded(shop).database.stat().st_mode & 0o077 == 0  # members' data


def test_init_asks_for_the_pin_twice(tmp_path):
    result = taptill("init", tmp_path, typed="S1\n我的小店\n1357\n1357\n")
    assert result.exit_code == 0, result.output
    assert "1357" not in result.output
    assert loaded(tmp_path / "taptill.toml").config.store.name_zh_hans == "我的小店"


@pytest.mark.parametrize(
    ("store_id", "name", "pin", "words"),
    [
        ("S 7", "x", "1234", "store.id: found"),  # a blank in a topic
        ("S7", "", "1234", "store.name_zh_hans: found"),
        ("S7", "x", "12a4", "a PIN has 4 to 8 digits"),
        ("S7", "x", "123", "a PIN has 4 to 8 digits"),
    ],
)
def test_init_refuses(tmp_path, store_id, name, pin, words):
    (tmp_path / "pin").write_text(pin)
    result = taptill("init", tmp_path / "shop", "--store-id", store_id, "--name", name, "--pin-file", tmp_path / "pin")
    assert (result.exit_code, words in result.output) == (2, True)
    assert not (tmp_path / "shop" / "taptill.toml").exists()


def test_init_takes_any_name_as_it_is(tmp_path):
    name = 'A "B" \\1 {c} <b>'
    (tmp_path / "pin").write_text("1234")
    taptill("init", tmp_path / "shop", "--store-id", "S7", "--name", name, "--pin-file", tmp_path / "pin")
    assert loaded(tmp_path / "shop" / "taptill.toml").config.store.name_zh_hans == name


def test_init_never_overwrites(shop, tmp_path):
    before = shop.read_bytes()
    again = taptill("init", shop.parent, "--store-id", "S8", "--name", "x", "--pin-file", tmp_path / "pin")
    assert again.exit_code == 1
    assert shop.read_bytes() == before


# check and config


def test_check_shows_every_problem_at_once(shop):
    shop.write_text(shop.read_text() + '[screen]\nport = 0\nppi = "large"\nthread = 4\n')
    result = taptill("check", "--config", shop)
    assert result.exit_code == 1
    assert [line.split(":")[2].strip() for line in result.output.splitlines() if line.startswith("/")] == [
        "screen.port",
        "screen.ppi",
        "screen.thread",
    ]
    assert result.output.splitlines()[-1] == "3 problems"


def test_check_looks_into_the_promotions(shop):
    (shop.parent / "promotions.toml").write_text('[[promotions]]\nid = "a"\nkind = "percent_of"\n')
    result = taptill("check", "--config", shop)
    assert result.exit_code == 1
    assert "promotions.toml:3: promotions[1].kind (id a): found" in result.output
    assert "did you mean percent_off?" in result.output


def test_check_looks_for_the_files_of_the_broker(shop):
    (shop.parent / "key.pem").write_text("secret")
    (shop.parent / "key.pem").chmod(0o644)
    shop.write_text(
        shop.read_text() + '[broker]\nhost = "hq"\nusername = "s"\npassword_file = "pw"\n'
        'tls_ca = "ca.pem"\ntls_cert = "store.pem"\ntls_key = "key.pem"\n'
    )
    result = taptill("check", "--config", shop)
    assert result.exit_code == 1
    assert "broker.tls_ca: found no file ca.pem" in result.output
    assert "broker.tls_cert: found no file store.pem" in result.output
    assert "broker.password_file: found" in result.output
    assert "note: " in result.output and "everybody on this machine may read it" in result.output


def test_check_looks_at_the_logo(shop):
    shop.write_text(shop.read_text().replace("# name_en", 'logo = "logo.png"\n# name_en'))
    (shop.parent / "logo.png").write_bytes(b"GIF89a")
    result = taptill("check", "--config", shop)
    assert (result.exit_code, "store.logo: found no PNG picture logo.png" in result.output) == (1, True)
    (shop.parent / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert taptill("check", "--config", shop).exit_code == 0


def test_check_of_nothing(tmp_path):
    result = taptill("check", "--config", tmp_path / "none.toml")
    assert result.exit_code == 1
    assert "no such file" in result.output


def test_config_explains_and_shows(shop):
    assert "day_starts_hour = 0" in taptill("config", "--explain").output
    assert "| `day_starts_hour` |" in taptill("config", "--explain", "--markdown").output
    shown = taptill("config", "--show", "--config", shop).output
    assert 'id = "S7"' in shown
    assert "# [broker] is left out" in shown
    assert taptill("config").exit_code == 2


# user add


def test_user_add(shop, tmp_path):
    result = taptill("user", "add", "--config", shop, "--name", "小王", "--role", "cashier", "--pin-file", tmp_path / "pin",
                     "--badge", "04:C4:3B:C2:1C:26:80")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert staff_of(shop)[1] == ("02", "小王", "cashier", "04c43bc21c2680")
    assert taptill("audit", "--config", shop).exit_code == 0


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--role", "owner"], 2, "'owner' is not one of"),
        (["--name", " "], 2, "a name has 1 to 40 characters"),
        (["--name", "a\x1bp0"], 2, "characters that can be printed"),
        (["--badge", "12345"], 2, "8 to 20 hex digits"),
        (["--badge", "04c43bc2"], 1, "belongs to somebody else already"),
        (["--pin-file", "/nowhere/pin"], 1, "no such file"),
        (["--pin-prompt"], 2, "not both"),
    ],
)
def test_user_add_refuses(shop, tmp_path, options, code, words):
    start = ["user", "add", "--config", shop, "--name", "小李", "--role", "manager", "--pin-file", tmp_path / "pin"]
    assert taptill(*start, "--badge", "04c43bc2").exit_code == 0
    result = taptill(*start, *options)
    assert (result.exit_code, words in result.output) == (code, True), result.output
    assert len(staff_of(shop)) == 2


def test_user_add_without_a_store(shop, tmp_path):
    loaded(shop).database.unlink()
    result = taptill(
        "user", "add", "--config", shop, "--name", "x", "--role", "cashier", "--pin-file", tmp_path / "pin"
    )
    assert result.exit_code == 1
    assert "there is no database yet" in result.output


# audit and backup


def test_audit_finds_a_changed_row(shop):
    with sqlite3.connect(loaded(shop).database) as db:
        db.execute("UPDATE audit SET subject = '09'")
    db.close()
    result = taptill("audit", "--config", shop)
    assert result.exit_code == 1
    assert "wrong: audit row 1 (staff_added 09) does not match its hash" in result.output


def test_backup_is_sound_and_for_its_owner_alone(shop, tmp_path):
    before = os.umask(0o022)
    result = taptill("backup", tmp_path / "copies", "--config", shop)
    assert (result.exit_code, os.umask(before)) == (0, 0o022), result.output
    (copy,) = (tmp_path / "copies").iterdir()
    assert copy.name.startswith("taptill-S7-")
    assert copy.stat().st_mode & 0o077 == 0
    with sqlite3.connect(copy) as db:
        assert db.execute("SELECT count(*) FROM staff").fetchone() == (1,)
    db.close()


def test_backup_onto_a_file(shop, tmp_path):
    (tmp_path / "copies").write_text("")
    assert taptill("backup", tmp_path / "copies", "--config", shop).exit_code == 2


@pytest.mark.parametrize("command", [["audit"], ["backup", "copies"], ["doctor"]])
def test_a_damaged_database_is_named(shop, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    loaded(shop).database.write_bytes(b"no database at all" * 100)
    result = taptill(*command, "--config", shop)
    assert result.exit_code == 1
    assert "file is not a database" in result.output


@pytest.mark.parametrize("command", [["audit"], ["backup", "copies"]])
def test_a_database_of_an_older_version_is_said_to_be_one(shop, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    store = Store(loaded(shop).database)
    execute(store.db, "DELETE FROM schema_migration WHERE name = (SELECT max(name) FROM schema_migration)")
    store.close()
    result = taptill(*command, "--config", shop)
    assert result.exit_code == 1
    assert "written by an older version" in result.output


# scan and price


def scanned(*words: str | Path) -> dict[str, object]:
    result = taptill("scan", *words)
    assert result.exit_code == 0, result.output
    answer: dict[str, object] = json.loads(result.output)
    return answer


def test_scan_by_step():
    assert scanned("134567890123456789")["flaw"] == "payment_too_early"
    paid = scanned("134567890123456789", "--step", "payment")
    assert (paid["kind"], paid["channel"], paid["text"]) == ("payment", "wechat", "134567******6789")


def test_scan_with_the_labels_of_the_shop(shop):
    shop.write_text(shop.read_text() + '[[scale_code]]\nprefix = "21"\nformat = "FFWWWWWEEEEEC"\n')
    answer = scanned("2110007035207", "--config", shop)
    assert (answer["kind"], answer["amount_yuan"], answer["refused"]) == ("variable", "35.20", "unknown_code")


def test_scan_finds_the_item(shop):
    with sqlite3.connect(loaded(shop).database) as db:
        db.execute("INSERT INTO item (sku, name_zh_hans, name_zh_hant, name_en, category_id, brand, unit, tags, tax_bp,"
                   " is_weighed, is_open_price, is_active, initials, search)"
                   " VALUES ('1001', '铅笔', '鉛筆', 'Pencil', '', '', '支', '', 0, 0, 0, 1, '', '')")  # fmt: skip
        db.execute("INSERT INTO item_code VALUES ('04006381333931', '1001', 12)")
        db.execute("INSERT INTO price VALUES ('1001', '#list', 0, 250)")
    db.close()
    assert scanned("4006381333931", "--config", shop)["item"] == {
        "sku": "1001",
        "names": {"zh-Hans": "铅笔", "zh-Hant": "鉛筆", "en": "Pencil"},
        "price_minor": 250,
        "quantity": 12,
    }


@pytest.mark.parametrize("text", ["", "\x00", "\udcff", "9" * 5000, "'; DROP TABLE item; --", "你好"])
def test_scan_of_anything(shop, text):
    assert scanned(text, "--config", shop)["kind"] in ("invalid", "unknown")


BASKET = {
    "now": "2026-11-22T12:00",
    "lines": [{"sku": "tea", "name": "Tea", "price": 6000, "quantity": 2, "category": "drinks"}],
}


SPEND_OFF = """
[[promotions]]
id = "spend-100"
kind = "spend_off"
names = { zh_hans = "满100减10" }
scope = { all = true }
steps = [{ spend = 10000, off = 1000 }]
"""


def test_price_by_the_shops_own_promotions(shop):
    (shop.parent / "promotions.toml").write_text(SPEND_OFF)
    answer = taptill("price", "-", "--config", shop, typed=json.dumps(BASKET))
    assert json.loads(answer.output)["total"] == 11_000


def test_price_by_the_promotions_of_the_file(shop):
    (shop.parent / "promotions.toml").write_text(SPEND_OFF)
    promotion = {"id": "half", "kind": "percent_off", "off_bp": 5_000, "names": {"en": "Half"}, "scope": {"all": True}}
    (shop.parent / "basket.json").write_text(json.dumps({**BASKET, "promotions": [promotion]}))
    answer = taptill("price", shop.parent / "basket.json", "--config", shop)
    assert json.loads(answer.output)["total"] == 6_000


def test_price_looks_up_what_has_no_price(shop):
    answer = taptill("price", "-", "--config", shop, typed='{"now": "2026-11-22T12:00", "lines": [{"sku": "1"}]}')
    assert answer.exit_code == 1
    assert "no item has the SKU 1" in answer.output


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 50_000, b"{}", b'{"lines": 3}', b" " * 5_000_000]
)
def test_price_of_what_is_no_basket(tmp_path, data):
    (tmp_path / "basket.json").write_bytes(data)
    result = taptill("price", tmp_path / "basket.json")
    assert result.exit_code == 1
    assert result.output


# run


def test_run_without_any_good_configuration(tmp_path):
    (tmp_path / "taptill.toml").write_text("[store\n")
    result = taptill("run", "--config", tmp_path / "taptill.toml")
    assert result.exit_code == 1
    assert "taptill.toml:1: found Expected ']'" in result.output
    assert "no configuration to start with" in result.output


def run_until_ready(config: Path) -> tuple[int, str]:
    """Start the daemon as a process, stop it once it is ready, and return its exit code and what it said."""
    daemon = subprocess.Popen([sys.executable, "-m", "edge", "run", "--config", config], cwd=REPOSITORY,
                              stderr=subprocess.PIPE, text=True)  # fmt: skip
    watchdog = threading.Timer(30, daemon.kill)
    watchdog.start()
    try:
        assert daemon.stderr is not None
        said = ""
        while "ready: http" not in said:
            line = daemon.stderr.readline()
            assert line, said
            said += line
        daemon.terminate()
        rest = daemon.communicate()[1]
    finally:
        watchdog.cancel()
        daemon.kill()
        daemon.wait(10)
    return daemon.returncode, said + rest


@pytest.mark.slow
def test_run_starts_with_the_last_good_configuration(shop):
    shop.write_text(shop.read_text() + f"[screen]\nport = {closed_port()}\n")
    code, said = run_until_ready(shop)
    assert (code, "last good" in said) == (0, False), said

    shop.write_text(shop.read_text() + "[screen\n")
    code, said = run_until_ready(shop)
    assert code == 0, said
    assert "taptill.toml:" in said
    assert f"starting with the last good configuration, {shop.parent / 'data' / 'last-good.toml'}" in said


# doctor


def test_doctor_of_a_new_store(shop):
    result = taptill("doctor", "--config", shop)
    assert result.exit_code == 0, result.output
    assert "sound" in result.output


def test_doctor_names_what_is_missing(shop):
    shop.write_text(
        shop.read_text() + '[[device]]\nname = "scanner-1"\nkind = "evdev_scanner"\npath = "/dev/input/by-id/none"\n'
    )
    result = taptill("doctor", "--config", shop)
    assert result.exit_code == 1
    assert "BAD   scanner-1      /dev/input/by-id/none does not exist" in result.output
    assert "plug it in, or name another path" in result.output


def device(kind: str, path: str) -> DeviceConfig:
    return DeviceConfig(name="d", kind=kind, path=path)  # type: ignore[arg-type]


def checked(kind: str, path: str) -> Finding:
    one = device(kind, path)
    file = device_path(one)
    return check_device(one, holders([file] if file else []))


def test_doctor_opens_a_serial_reader_that_is_free():
    ours, theirs = pty.openpty()
    try:
        path = os.ttyname(theirs)
        os.close(theirs)
        found = checked("serial_scanner", path)
    finally:
        os.close(ours)
    assert (found.verdict, "opened and closed again" in found.found) == (Verdict.OK, True), found


def test_doctor_wakes_a_pn532():
    chip = FakePn532()
    try:
        found = checked("pn532_cards", chip.path)
        assert (found.verdict, "opened and closed again" in found.found) == (Verdict.OK, True), found
    finally:
        chip.unplug()
    line = Line()
    try:
        found = checked("pn532_cards", line.path)
        assert (found.verdict, "no PN532 answers" in found.found) == (Verdict.BAD, True), found
        assert "docs/hardware.md" in found.advice
    finally:
        line.unplug()


def test_doctor_says_what_a_pcsc_reader_needs():
    found = checked("pcsc_cards", "")
    assert (found.verdict, "pip install taptill[pcsc]" in found.found) == (Verdict.BAD, True)


def test_doctor_tells_what_is_plugged_in_and_not_configured(tmp_path):
    box = Box(tmp_path)
    box.add(1, "1-1.1")
    box.add(2, "1-1.2")
    box.add(3, "1-1.3", name="USB Keyboard", vendor="046d")
    box.add(4, "1-1.4", uniq="S4", name="Other")
    box.add(5, "1-1.5", name="Used")
    ours, theirs = pty.openpty()
    serial = tmp_path / "by-id"
    serial.mkdir()
    (serial / "usb-1").symlink_to(os.ttyname(theirs))
    (serial / "usb-2").symlink_to("/dev/null")
    try:
        none = tmp_path / "none"
        places = Places(box.sys, box.dev.parent, (serial, none), printers=none, usb=none, smart_cards=tuple)
        used = (device("evdev_scanner", str(box.dev / "event5")), device("serial_scanner", "/dev/null"))
        found = list(found_devices(used, places))
    finally:
        os.close(ours)
        os.close(theirs)
    said = [f"{each.found} → {each.advice}" for each in found]
    assert len(said) == 5
    assert "event1 “Scanner” (05e0:1200)" in said[0] and 'path = "phys:usb-0000:01:00.0-1.1/input0"' in said[0]
    assert "twin" in said[0] and "twin" in said[1]
    assert "leave it alone" in said[2]
    assert 'path = "uniq:S4"' in said[3] and "twin" not in said[3]
    assert "usb-1" in said[4] and '"serial_scanner", "pn532_cards", "serial_scale" or "pole_display"' in said[4]
    assert f'a printer: kind = "escpos_printer" path = "serial://{serial}/usb-1"' in said[4]


def test_record_keeps_what_a_simulated_reader_sends(shop, tmp_path):
    shop.write_text(shop.read_text() + '[[device]]\nname = "s"\nkind = "fake_pn532_cards"\n')
    file = tmp_path / "s.rec"
    result = taptill("record", "s", file, "--config", shop, "--seconds", "1")
    assert result.exit_code == 0, result.output
    assert load_recording(file).data.startswith(b"\x00\x00\xff")  # the chip's answers
    assert "nothing to record; there are: s" in taptill("record", "x", file, "--config", shop).output


def test_record_that_is_ended_early_keeps_what_came(shop, tmp_path):
    scanner, file = SerialScanner(), tmp_path / "s.rec"
    shop.write_text(shop.read_text() + f'[[device]]\nname = "s"\nkind = "serial_scanner"\npath = "{scanner.path}"\n')
    command = [sys.executable, "-m", "edge", "record", "s", str(file), "--seconds", "600", "--config", str(shop)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as listening:
        try:
            assert listening.stdout is not None
            assert "Ctrl-C ends it early" in listening.stdout.readline()
            told = ""
            while not told:
                # The port may not be open yet, and what comes before is nobody's.
                scanner.give("6901234567892")
                if select.select([listening.stdout], [], [], 0.5)[0]:
                    told = listening.stdout.readline()
            listening.send_signal(signal.SIGINT)
            said = listening.stdout.read()
            assert listening.wait(30) == 0
        finally:
            listening.kill()
    assert told == "read 13 characters\n" and str(file) in said, said
    assert b"6901234567892\r\n" in load_recording(file).data
    scanner.unplug()


def test_record_says_before_it_listens_what_cannot_be_kept(shop, tmp_path):
    shop.write_text(shop.read_text() + '[[device]]\nname = "s"\nkind = "fake_scanner"\n')
    for file, said in ((tmp_path / "none" / "s.rec", "cannot be written"), (tmp_path / "s.rec", "do not pass through")):
        result = taptill("record", "s", file, "--config", shop, "--seconds", "60")
        assert (result.exit_code, said in result.output, "listening" in result.output) == (1, True, False)


def test_record_says_each_weight_once(shop, tmp_path):
    scale, file = FakeScale("st_gs"), tmp_path / "w.rec"
    scale.put(532)
    scale.start()
    device = f'[[device]]\nname = "w"\nkind = "serial_scale"\nprotocol = "st_gs"\npath = "{scale.path}"\n'
    shop.write_text(shop.read_text() + device)
    result = taptill("record", "w", file, "--config", shop, "--seconds", "2")
    scale.stop()
    assert result.exit_code == 0, result.output
    said = result.output.splitlines()[1:-1]
    assert "532 g, stable" in said
    assert all(one != other for one, other in pairwise(said)), said


def test_record_keeps_what_a_printer_answers(shop, tmp_path):
    server, file = FakePrinterServer(), tmp_path / "p.rec"
    path = f"tcp://127.0.0.1:{server.serve()}"
    shop.write_text(shop.read_text() + f'[[device]]\nname = "p"\nkind = "escpos_printer"\npath = "{path}"\n')
    server.trouble = "cover_open"
    result = taptill("record", "p", file, "--config", shop, "--seconds", "1")
    server.stop()
    assert result.exit_code == 0, result.output
    printer, again = EscposPrinter("p", path), []
    printer.transport = PlayedTransport(load_recording(file))
    printer.encoding()
    while (state := printer.state().value) and printer.last_error != "the recording is over":
        again.append(state.replace("_", " "))
    # What was said on the terminal, each change once: "cover open", where the machine is not too busy to answer in time.
    said = result.output.splitlines()[1:-1]
    assert said and said == [state for state, before in zip(again, ["", *again], strict=False) if state != before]


def test_doctor_says_who_holds_a_device():
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    program = f"import time; port = open({path!r}, 'rb'); print('open', flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        other.stdout.readline()
        found = checked("serial_scanner", path)
    finally:
        other.kill()
        other.communicate()
        os.close(ours)
        os.close(theirs)
    assert found.verdict is Verdict.BAD
    assert f"held by process {other.pid}" in found.found


@pytest.mark.parametrize(
    ("words", "is_ours"),
    [
        (["/opt/taptill/bin/python", "/opt/taptill/bin/taptill", "run"], True),
        (["taptill", "run"], True),
        (["python", "-m", "edge", "run"], True),
        (["/srv/taptill/.venv/bin/python", "-c", "open('/dev/ttyS0')"], False),
        (["less", "/srv/taptill.log"], False),
    ],
)
def test_doctor_knows_the_daemon_by_its_name_and_not_by_that_of_a_folder(words, is_ours):
    assert runs_taptill(words) is is_ours


def test_doctor_leaves_the_daemons_own_devices_alone():
    found = check_device(
        device("serial_scanner", "/dev/null"), {"/dev/null": Holder(42, "python taptill run", is_daemon=True)}
    )
    assert (found.verdict, "in use by the daemon (process 42)" in found.found) == (Verdict.OK, True)


def test_doctor_knows_the_kind_of_a_device():
    found = checked("evdev_scanner", "/dev/null")  # a device, but of another kind
    assert (found.verdict, "no input device" in found.found) == (Verdict.BAD, True)


def test_doctor_takes_no_plain_file_for_a_reader(tmp_path):
    (tmp_path / "reader").write_text("")
    found = checked("evdev_cards", str(tmp_path / "reader"))
    assert (found.verdict, "a plain file" in found.found) == (Verdict.BAD, True)


def test_doctor_reaches_a_printer_that_answers():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                while connection.recv(16):
                    connection.sendall(b"\x12")

        printer = threading.Thread(target=answer, daemon=True)
        printer.start()
        found = checked("escpos_printer", f"tcp://127.0.0.1:{server.getsockname()[1]}")
        printer.join(10)
    assert found.verdict is Verdict.OK, found


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_doctor_misses_a_printer_that_is_off():
    found = checked("escpos_printer", f"tcp://127.0.0.1:{closed_port()}")
    assert (found.verdict, "switch it on" in found.advice) == (Verdict.BAD, True)


def test_doctor_and_the_broker(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = BrokerConfig(host="127.0.0.1", port=server.getsockname()[1])
        assert check_broker(there, base_dir=tmp_path).verdict is Verdict.OK
        (tmp_path / "pw").write_text("")
        locked = BrokerConfig(host="127.0.0.1", port=there.port, username="s", password_file="pw")
        assert "expected one line with the secret" in check_broker(locked, base_dir=tmp_path).found
    gone = BrokerConfig(host="127.0.0.1", port=closed_port())
    assert "keeps what it has to tell" in check_broker(gone, base_dir=tmp_path).advice


@pytest.mark.parametrize(
    ("year_ms", "synchronised", "verdict"),
    [
        (1_793_000_000_000, True, Verdict.OK),
        (1_793_000_000_000, False, Verdict.NOTE),  # right as far as one can see
        (0, False, Verdict.BAD),  # a box without a battery wakes up in 1970
    ],
)
def test_doctor_and_the_clock(tmp_path, year_ms, synchronised, verdict):
    mark = tmp_path / "synchronized"
    if synchronised:
        mark.touch()
    assert check_clock(Clock(fixed_ms=year_ms), synchronised=mark).verdict is verdict


def test_doctor_and_a_store_that_is_not_made_yet(tmp_path):
    assert check_database(tmp_path / "data" / "taptill.db").verdict is Verdict.NOTE
    assert str(tmp_path) in check_disk(tmp_path / "data").found
