"""The configuration file: what is refused, in which words, and what a daemon starts with when it is broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config import Config
from edge.config_checks import cross_check
from edge.config_file import (
    LAST_GOOD,
    LAST_GOOD_PROMOTIONS,
    Loaded,
    SecretError,
    find_state_dir,
    keep_last_good,
    load_config,
    load_or_last_good,
    load_promotions,
    read_secret,
    secret_exposure,
)
from edge.config_help import tables
from edge.config_walk import Problem, Walk

STORE = '[store]\nid = "S001"\nname_zh_hans = "好邻居"\n'
PRINTER = '[[device]]\nname = "printer-1"\nkind = "escpos_printer"\npath = "tcp://10.0.0.9:9100"\n'
SCANNER = '[[device]]\nname = "scanner-1"\nkind = "serial_scanner"\npath = "/dev/ttyACM0"\n'


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "taptill.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems_of(folder: Path, text: str | bytes) -> list[str]:
    """Return the problems without the folder, which differs from run to run."""
    found = load_config(write(folder, text))
    assert isinstance(found, tuple), "the file was taken"
    return [str(problem).replace(f"{folder}/", "") for problem in found]


def loaded(folder: Path, text: str) -> Loaded:
    found = load_config(write(folder, text))
    assert isinstance(found, Loaded), [str(problem) for problem in found]
    return found


def test_the_shortest_file(tmp_path):
    found = loaded(tmp_path, STORE)
    assert found.config.store.currency == "CNY"
    assert [lane.number for lane in found.config.lane] == [1]
    assert found.config.broker is None
    assert found.data_dir == tmp_path / "data"
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # An unknown key, and the name that was probably meant.
        (
            STORE + 'timezon = "Asia/Shanghai"\n',
            ('taptill.toml:4: store.timezon: found an unknown key with "Asia/Shanghai", expected a known key; '
            "did you mean timezone?"),
        ),
        # An unknown table.
        (
            STORE + "[[devices]]\n",
            "taptill.toml:4: devices: found an unknown key with [a table], expected a known key; did you mean device?",
        ),
        # A number beyond its bounds, in the second table of a list.
        (
            STORE + SCANNER + SCANNER.replace("-1", "-2").replace("ACM0", "ACM1") + "baud = 50\n",
            "taptill.toml:12: device[2].baud: found 50, expected a whole number 300..921600",
        ),
        # A number in quotes.
        (
            STORE + '[screen]\nport = "8480"\n',
            'taptill.toml:5: screen.port: found "8480", expected a whole number 1..65535; write it without quotes',
        ),
        # A slip in one of few words.
        (
            STORE + '[[device]]\nname = "a"\nkind = "serial_scaner"\n',
            ('taptill.toml:6: device[1].kind: found "serial_scaner", expected one of "escpos_printer", "evdev_cards", '
            '"evdev_scanner", "fake_cards", "fake_evdev_cards", "fake_evdev_scanner", "fake_label_printer", "fake_pcsc_cards", "fake_pn532_cards", '
            '"fake_pole_display", "fake_printer", "fake_scale", "fake_scanner", "fake_serial_scanner", "pcsc_cards", '
            '"pn532_cards", "pole_display", "serial_scale", "serial_scanner", "tspl_printer"; '
            'did you mean "serial_scanner"?'),
        ),
        # A required key is absent.
        (
            '[store]\nid = "S001"\n',
            ("taptill.toml:1: store.name_zh_hans: found nothing, expected a text of 1 to 60 characters: it must be given"
            " in [store]"),
        ),
        # The same of a whole table.
        ("", "taptill.toml: store: found nothing, expected a table: it must be given"),
        # One bracket where a list is meant.
        (
            STORE + "[lane]\nnumber = 1\n",
            "taptill.toml:4: lane: found a table, expected tables [[lane]]; write [[lane]] with two brackets",
        ),
        # A secret in the file: it is not repeated.
        (
            STORE + '[broker]\nhost = "localhost"\nusername = "s"\npassword = "hunter2"\n',
            ("taptill.toml:7: broker.password: found a secret, expected no such key; "
            "secrets come only from files: use password_file"),
        ),
        (
            STORE + '[staff]\nmaster_pin = "1234"\n',
            ("taptill.toml:5: staff.master_pin: found a secret, expected no such key; "
            "secrets come only from files, never from this one"),
        ),
        # A line end inside an id would stand in a topic.
        (
            STORE.replace("S001", "S001\\n"),
            'taptill.toml:2: store.id: found "S001\\n", expected a text without control characters',
        ),
        # ESC/POS bytes in the receipt's last line.
        (
            STORE + 'thanks = "\\u001bp0"\n',
            'taptill.toml:4: store.thanks: found "\\u001bp0", expected a text without control characters',
        ),
        # The id that head office's own state goes by.
        (
            STORE.replace("S001", "hq"),
            "taptill.toml:2: store.id: found hq, expected another id: this one is head office's own",
        ),
        # A zone that does not exist.
        (
            STORE + 'timezone = "Asia/Shanghia"\n',
            ('taptill.toml:4: store.timezone: found "Asia/Shanghia", expected an IANA time zone such as Asia/Shanghai; '
            "did you mean Asia/Shanghai?"),
        ),
        # A zone that is a way out of the zone folder.
        (
            STORE + 'timezone = "../../etc/passwd"\n',
            'taptill.toml:4: store.timezone: found "../../etc/passwd", expected an IANA time zone such as Asia/Shanghai',
        ),
        # Two lanes of one number.
        (
            STORE + "[[lane]]\nnumber = 1\n[[lane]]\nnumber = 1\n",
            "taptill.toml:7: lane[2].number: found 1, expected a number of its own; lane[1] has it already",
        ),
        ("lane = []\n" + STORE, "taptill.toml:1: lane: found no lane, expected at least one [[lane]]"),
        # A device at a lane that does not exist.
        (
            STORE + SCANNER + "lane = 2\n",
            "taptill.toml:8: device[1].lane: found 2, expected the number of a [[lane]]: 1",
        ),
        # Two devices of one name; two of one path, of which only one could ever open.
        (
            STORE + SCANNER + SCANNER.replace("ACM0", "ACM1"),
            'taptill.toml:9: device[2].name: found "scanner-1", expected a name of its own; device[1] has it already',
        ),
        (
            STORE + SCANNER + SCANNER.replace("-1", "-2"),
            ('taptill.toml:11: device[2].path: found "/dev/ttyACM0", expected a path of its own; '
            "device[1] has it already"),
        ),
        # A lane's printer that is none.
        (
            STORE + PRINTER + '[[lane]]\nnumber = 1\nprinter = "printer-l"\n',
            ('taptill.toml:10: lane[1].printer: found "printer-l", expected the name of a printer among the devices; '
            "did you mean printer-1?"),
        ),
        (
            STORE + SCANNER + '[[lane]]\nnumber = 1\nprinter = "scanner-1"\n',
            ('taptill.toml:10: lane[1].printer: found "scanner-1", which is a serial_scanner, '
            "expected the name of a printer among the devices"),
        ),
        # A path that would depend on where the daemon was started.
        (
            STORE + SCANNER.replace("/dev/", ""),
            ('taptill.toml:7: device[1].path: found "ttyACM0", expected the full path of the device, '
            "such as /dev/serial/by-id/…"),
        ),
        (
            STORE + PRINTER.replace("tcp://10.0.0.9:9100", "/dev/usb/lp0"),
            ('taptill.toml:7: device[1].path: found "/dev/usb/lp0", expected tcp://host:9100, serial:///dev/…, '
            "file:///dev/usb/lp0 or usb:MODEL; did you mean file:///dev/usb/lp0?"),
        ),
        (
            STORE + PRINTER.replace(":9100", ":high"),
            ('taptill.toml:7: device[1].path: found "tcp://10.0.0.9:high", expected tcp://host:9100, '
            "serial:///dev/…, file:///dev/usb/lp0 or usb:MODEL"),
        ),
        # A simulated fault that does not exist, and a fault at a real device.
        (
            STORE + SCANNER + 'faults = ["2:unplug"]\n',
            'taptill.toml:8: device[1].faults: found ["2:unplug"], expected no faults at a real device',
        ),
        (
            STORE + '[[device]]\nname = "s"\nkind = "fake_scanner"\nfaults = ["2:explode"]\n',
            ("taptill.toml:7: device[1].faults: found [\"2:explode\"], expected faults like 2:unplug; "
            "fault '2:explode': expected N:what with N from 1 and what one of unplug"),
        ),
        # A picture with twelve places.
        (
            STORE + '[[scale_code]]\nprefix = "21"\nformat = "FFWWWWWEEEEC"\n',
            ('taptill.toml:6: scale_code[1].format: found "FFWWWWWEEEEC", expected a picture of a label; '
            "a picture has 13 or 18 letters, this one 12"),
        ),
        # More screens than threads that serve them.
        (
            STORE + "[screen]\nthreads = 8\nstreams = 8\n",
            ("taptill.toml:6: screen.streams: found 8, expected at most screen.threads - 4 = 4; "
            "each open screen holds a thread"),
        ),
        # Open to the shop's network, past nginx.
        (
            STORE + '[screen]\nhost = "0.0.0.0"\n',
            ('taptill.toml:5: screen.host: found "0.0.0.0", expected a loopback address such as 127.0.0.1; '
            "the shop's network comes in through nginx, which brings TLS and keeps slow clients off the till"),
        ),
        # Half a client certificate.
        (
            STORE + '[broker]\nhost = "hq"\ntls_ca = "ca.pem"\ntls_cert = "store.pem"\n',
            "taptill.toml:4: broker.tls_key: found nothing, expected a file, because tls_cert is given",
        ),
        # A value of quite another kind.
        (STORE + "[rules]\npromotions = 2026-01-01\n",
         "taptill.toml:5: rules.promotions: found 2026-01-01, expected a text of at most 200 characters"),
        ('store = "S001"\n', 'taptill.toml:1: store: found "S001", expected a table [store]'),
    ],
)  # fmt: skip
def test_one_problem(tmp_path, text, problem):
    assert problems_of(tmp_path, text) == [problem]


def test_all_problems_at_once(tmp_path):
    text = (
        '[store]\nid = "a b"\nday_starts_hour = 13\nnmae_zh_hans = "x"\n'
        '[[lane]]\nnumber = 1\nprinter = "p"\n[[lane]]\nnumber = 1\n[[device]]\nname = "p"\nkind = "serial_scanner"\n'
    )
    assert [problem.split(": found")[0] for problem in problems_of(tmp_path, text)] == [
        "taptill.toml:1: store.name_zh_hans",
        "taptill.toml:2: store.id",
        "taptill.toml:3: store.day_starts_hour",
        "taptill.toml:4: store.nmae_zh_hans",
        "taptill.toml:7: lane[1].printer",
        "taptill.toml:9: lane[2].number",
        "taptill.toml:10: device[1].path",
    ]


def test_a_bad_table_is_not_reported_twice(tmp_path):
    # The device's own name is what is wrong; that the lane's printer is then unknown follows from it.
    text = STORE + PRINTER.replace("printer-1", "printer 1") + '[[lane]]\nnumber = 1\nprinter = "printer-1"\n'
    assert len(problems_of(tmp_path, text)) == 1


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"[store\n", "taptill.toml:1: found Expected ']'"),  # not TOML
        (b"[store]\nid = 1\nid = 2\n", "taptill.toml:3: found Cannot overwrite a value"),  # the same key twice
        (b"\xff\xfe[", "taptill.toml:1: found byte 0xff, expected"),  # UTF-16, as an editor may save it
        (b"a = " + b"[" * 50_000, "taptill.toml: found tables too deep"),
        (b"a = " + b"9" * 5_000, "taptill.toml: found Exceeds the limit"),
        (b"#" * 1_100_000, "taptill.toml: found a larger one, expected a file of at most 1048576 bytes"),
        (b"a = \"\x00\"\n", "taptill.toml:1: found Illegal character"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration(tmp_path, data, start):
    (problem,) = problems_of(tmp_path, data)
    assert problem.startswith(start)


def test_a_file_saved_with_a_byte_order_mark_is_taken(tmp_path):
    assert isinstance(load_config(write(tmp_path, b"\xef\xbb\xbf" + STORE.encode())), Loaded)


def test_a_missing_file_and_a_folder(tmp_path):
    (missing,) = load_config(tmp_path / "none.toml")  # type: ignore[misc]
    assert missing.found == "no such file"
    (folder,) = load_config(tmp_path)  # type: ignore[misc]
    assert folder.found == "a folder or device"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (STORE + '[[device]]\nname = "s"\nkind = "fake_scanner"\n', "device[1].kind"),  # simulated in a real store
        (STORE + SCANNER + "[screen]\nbench = true\n", "device[1].kind"),  # real beside the bench
        (STORE + '[broker]\nhost = "mqtt.example.com"\n', "broker.tls_ca"),  # readable on the way
    ],
)
def test_a_word_of_warning(tmp_path, text, key):
    assert [warning.key for warning in loaded(tmp_path, text).warnings] == [key]


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", True),  # all of 127/8 is this machine
        ("::1", True),
        ("localhost", True),
        ("192.168.1.20", False),  # the box's own address in the LAN
        ("::", False),
        ("till.lan", False),  # a name may be any address tomorrow
        ("127.0.0.1.example.com", False),
    ],
)
def test_screens_listen_on_this_machine_only(tmp_path, host, is_allowed):
    found = load_config(write(tmp_path, STORE + f'[screen]\nhost = "{host}"\n'))
    assert (not isinstance(found, tuple)) == is_allowed
    assert is_allowed or [problem.key for problem in found] == ["screen.host"]


def test_a_store_does_not_start_open_to_the_network(tmp_path):
    started, problems = load_or_last_good(write(tmp_path, STORE + '[screen]\nhost = "0.0.0.0"\n'))
    assert (started, [problem.key for problem in problems]) == (None, ["screen.host"])


def test_prefix_of_a_reader_may_be_a_control_character(tmp_path):
    assert loaded(tmp_path, STORE + SCANNER + 'prefix = "\\u0002"\n').config.device[0].prefix == "\x02"


TIER = '[[tiers]]\nid = "silver"\n'
PROMOTION = (
    '[[promotions]]\nid = "tea"\nkind = "percent_off"\noff_bp = 1000\n'
    'names = { zh_hans = "茶九折" }\nscope = { categories = ["tea"] }\n'
)


def test_promotions(tmp_path):
    (tmp_path / "promotions.toml").write_text(PROMOTION)
    found = load_promotions(loaded(tmp_path, STORE + '[rules]\npromotions = "promotions.toml"\n'))
    assert not isinstance(found, tuple), [str(problem) for problem in found]
    assert found.rules.promotions[0].id == "tea"


def test_problems_in_promotions_count_like_those_of_the_configuration(tmp_path):
    (tmp_path / "promotions.toml").write_text(PROMOTION + PROMOTION.replace("tea", "milk").replace("1000", "0"))
    found = load_promotions(loaded(tmp_path, STORE + '[rules]\npromotions = "promotions.toml"\n'))
    assert isinstance(found, tuple)
    assert [(problem.key, problem.line) for problem in found] == [("promotions[2].off_bp (id milk)", 10)]


def test_promotions_that_are_not_there(tmp_path):
    found = load_promotions(loaded(tmp_path, STORE + '[rules]\npromotions = "promotions.toml"\n'))
    assert isinstance(found, tuple)
    assert str(found[0]).startswith(f"{tmp_path}/promotions.toml: found no such file")


def test_the_last_good_one_is_in_force_when_the_file_breaks(tmp_path):
    (tmp_path / "promotions.toml").write_text(PROMOTION)
    path = write(tmp_path, STORE + '[rules]\npromotions = "promotions.toml"\n')
    first, problems = load_or_last_good(path)
    assert first is not None
    assert problems == ()
    keep_last_good(first)

    path.write_text("[store\n")
    second, problems = load_or_last_good(path)
    assert second is not None
    assert second.config == first.config
    assert second.path == tmp_path / "data" / LAST_GOOD
    assert second.data_dir == first.data_dir  # relative paths still start from the owner's file
    assert second.promotions == first.promotions
    assert [problem.line for problem in problems] == [1]


def test_the_last_good_promotions_stay_in_force_under_a_new_configuration(tmp_path):
    (tmp_path / "promotions.toml").write_text(PROMOTION)
    text = STORE + '[rules]\npromotions = "promotions.toml"\n'
    first, _ = load_or_last_good(write(tmp_path, text))
    assert first is not None
    keep_last_good(first)

    (tmp_path / "promotions.toml").write_text(PROMOTION.replace("percent_off", "per_cent_off"))
    second, problems = load_or_last_good(write(tmp_path, text + "[screen]\nport = 9000\n"))
    assert second is not None
    assert second.config.screen.port == 9000
    assert second.promotions is not None and first.promotions is not None
    assert second.promotions.rules == first.promotions.rules
    assert (first.promotions.is_last_good, second.promotions.is_last_good) == (False, True)
    assert [problem.key for problem in problems] == ["promotions[1].kind (id tea)"]


def test_without_a_good_copy_of_promotions_the_store_sells_at_list_prices(tmp_path):
    found, problems = load_or_last_good(write(tmp_path, STORE + '[rules]\npromotions = "promotions.toml"\n'))
    assert found is not None
    assert found.promotions is not None
    assert found.promotions.rules.promotions == ()
    assert len(problems) == 1


def test_nothing_good_at_all(tmp_path):
    found, problems = load_or_last_good(write(tmp_path, "[store\n"))
    assert found is None
    assert len(problems) == 1


def test_a_good_copy_that_is_broken_too(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / LAST_GOOD).write_text("")  # what a power cut leaves of a file that was not written whole
    found, problems = load_or_last_good(write(tmp_path, "[store\n"))
    assert found is None
    assert [Path(problem.file).name for problem in problems] == ["taptill.toml", LAST_GOOD]


def test_the_good_copy_is_found_where_a_broken_file_still_names_its_data(tmp_path):
    first, _ = load_or_last_good(write(tmp_path, STORE + 'data_dir = "elsewhere"\n'))
    assert first is not None
    keep_last_good(first)
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == [LAST_GOOD_PROMOTIONS, LAST_GOOD]
    found, _ = load_or_last_good(write(tmp_path, STORE + 'data_dir = "elsewhere"\n[[[\n'))
    assert found is not None


def test_state_folder_of_systemd_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/lib:{tmp_path}/other")
    assert find_state_dir(tmp_path / "taptill.toml") == tmp_path / "lib"


def test_good_copies_are_for_the_daemon_alone(tmp_path):
    first, _ = load_or_last_good(write(tmp_path, STORE))
    assert first is not None
    keep_last_good(first)
    assert (tmp_path / "data" / LAST_GOOD).stat().st_mode & 0o777 == 0o600


def test_a_secret_is_one_line_of_a_file(tmp_path):
    (tmp_path / "mqtt.password").write_text("hunter2\n")
    assert read_secret("mqtt.password", base_dir=tmp_path) == "hunter2"


def test_systemd_credentials_come_first(tmp_path, monkeypatch):
    (tmp_path / "mqtt").write_text("of the folder")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "mqtt").write_text("of systemd")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert read_secret("mqtt", base_dir=tmp_path) == "of systemd"
    assert read_secret("./mqtt", base_dir=tmp_path) == "of the folder"  # a path is meant as a path


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "no such file"),
        (b"\n", "found none"),
        (b"one\ntwo\n", "found more"),
        (b"x" * 5_000, "a larger one"),
        (b"\xff\xff", "byte 0xff"),
    ],
)
def test_a_secret_that_cannot_be_used(tmp_path, data, words):
    if data is not None:
        (tmp_path / "mqtt").write_bytes(data)
    with pytest.raises(SecretError, match=words):
        read_secret("mqtt", base_dir=tmp_path)


def test_a_secret_that_everybody_may_read_is_told(tmp_path):
    path = tmp_path / "mqtt"
    path.write_text("hunter2")
    path.chmod(0o644)
    assert "everybody on this machine may read it (mode 644)" in secret_exposure(path)
    path.chmod(0o640)
    assert secret_exposure(path) == ""


def test_a_problem_as_a_line():
    problem = Problem("a.toml", "store.id", "nothing", "a text", line=3)
    assert str(problem) == "a.toml:3: store.id: found nothing, expected a text"
    assert os.linesep not in str(problem)


KEYS = sorted({key.name for table in tables() for key in table.keys} | {"odd key", ""})
TABLES = [table.header.strip("[]") for table in tables()]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.datetimes(),
    st.sampled_from(["fake_scanner", "escpos_printer", "evdev_cards", "tcp://[", "file://x", "2:unplug", "21", "/dev/x"]),
)  # fmt: skip
ROWS = st.dictionaries(st.sampled_from(KEYS), SCALARS | st.lists(SCALARS, max_size=3), max_size=6)
VALUES = st.one_of(SCALARS, ROWS, st.lists(ROWS | SCALARS, max_size=3))


@settings(max_examples=100, deadline=None)
@given(data=st.dictionaries(st.sampled_from([*TABLES, "other"]), VALUES, max_size=5))
def test_whatever_stands_in_a_file_is_refused_in_words(data):
    walk = Walk("taptill.toml", "")
    cross_check(walk.struct(data, Config), walk)
    assert walk.problems, "a table without an id is no store"
    assert [str(problem) for problem in walk.problems if not str(problem).isprintable()] == []
