"""What we put on a box, checked by the programs that will read it: systemd's own tools, nginx, and make install."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest

from edge.config import Config
from hq.config import load

REPOSITORY = Path(__file__).resolve().parents[2]
SYSTEMD = REPOSITORY / "systemd"
SERVICES = ["taptill.service", "taptill-hq.service"]
SCREENS = ["taptill-kiosk.service", "taptill-display.service"]


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return a finished program, its two outputs joined; it has one minute."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )


def settings(unit: str) -> dict[str, list[str]]:
    """Return a unit's settings by name; a name may stand several times."""
    found: dict[str, list[str]] = {}
    for line in (SYSTEMD / unit).read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


# --- units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [*SERVICES, *SCREENS])
def test_systemd_understands_every_line_of_the_unit(unit: str, tmp_path: Path) -> None:
    # The programs are not installed on the machine that tests; everything else of the unit stays.
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (SYSTEMD / unit).read_text(encoding="utf-8"), flags=re.M)
    (tmp_path / unit).write_text(text, encoding="utf-8")
    manager = ["--user"] if unit in SCREENS else []
    verified = run(
        "systemd-analyze", "verify", "--man=no", *manager, tmp_path / unit, XDG_RUNTIME_DIR=str(tmp_path), HOME="/tmp"
    )
    about_it = [line for line in verified.stdout.splitlines() if unit in line]
    assert (about_it, verified.returncode) == ([], 0)


@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_is_exposed_by_at_most_two_of_ten(unit: str) -> None:
    judged = run("systemd-analyze", "security", "--offline=true", "--threshold=20", SYSTEMD / unit)
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("Type", ["notify"], "READY=1 comes after the database is open and the web server listens"),
        ("WatchdogSec", ["30"], "a till that hangs is started again"),
        ("Restart", ["always"], "also after a clean exit by mistake"),
        ("RestartSec", ["1"], "a cashier waits for it"),
        ("StartLimitIntervalSec", ["0"], "never gives up"),
        ("StateDirectoryMode", ["0700"], "members' names"),
        ("ProtectSystem", ["strict"], "writes in its own folders only"),
        ("CapabilityBoundingSet", [""], "no capability at all"),
        ("DevicePolicy", ["closed"], "only the kinds of device named"),
        ("MemoryDenyWriteExecute", ["yes"], "no new code at run time"),
    ],
)
def test_the_tills_unit_keeps_its_promises(name: str, values: list[str], reason: str) -> None:
    assert settings("taptill.service")[name] == values, reason


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("Type", ["notify"], "READY=1 comes after the database is open and the wall listens"),
        ("NotifyAccess", ["main"], "nobody else feeds the watchdog"),
        ("WatchdogSec", ["60"], "a receiver that hangs is started again; it counts as one after 30 s"),
        ("WatchdogSignal", ["SIGABRT"], "every thread's stack in the journal"),
        ("Restart", ["always"], "also after a receiver that ended"),
        ("RestartPreventExitStatus", ["78"], "but not with a configuration that cannot be used"),
        ("StartLimitIntervalSec", ["0"], "never gives up"),
    ],
)
def test_head_offices_unit_keeps_its_promises(name: str, values: list[str], reason: str) -> None:
    assert settings("taptill-hq.service")[name] == values, reason


def test_no_unit_waits_for_the_network_or_lets_every_keyboard_be_read() -> None:
    for unit in SERVICES:
        text = str(settings(unit))
        assert "network-online" not in text
        assert "input" not in " ".join(settings(unit).get("SupplementaryGroups", [])).split()


def test_each_driver_loaded_at_boot_makes_a_device_kind_that_the_unit_allows() -> None:
    kinds = {"cdc_acm": "char-ttyACM", "usbserial": "char-ttyUSB", "usblp": "char-usb"}
    loaded = [line for line in (SYSTEMD / "taptill.modules-load").read_text().splitlines() if line[:1] not in ("", "#")]
    allowed = {value.split()[0] for value in settings("taptill.service")["DeviceAllow"]}
    assert {kinds[module] for module in loaded} <= allowed


# --- users and folders -----------------------------------------------------------------------------------------------


def test_users_and_folders_are_made_in_a_fresh_root(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    users = run("systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "taptill.sysusers")
    assert users.returncode == 0, users.stdout
    passwd = {line.split(":")[0]: line.split(":") for line in (etc / "passwd").read_text().splitlines()}
    assert passwd["taptill"][5:] == ["/var/lib/taptill", "/usr/sbin/nologin"]
    assert passwd["taptill-hq"][5:] == ["/var/lib/taptill-hq", "/usr/sbin/nologin"]

    # Only root may give a folder away; for anybody else the folders are made with the same modes, as their own.
    as_root = os.geteuid() == 0
    lines = (SYSTEMD / "taptill.tmpfiles").read_text(encoding="utf-8")
    conf = tmp_path / "folders.conf"
    conf.write_text(lines if as_root else re.sub(r"(0\d{3}) \S+ \S+", r"\1 - -", lines), encoding="utf-8")
    folders = run("systemd-tmpfiles", f"--root={tmp_path}", "--create", conf)
    assert folders.returncode == 0, folders.stdout
    modes = {path: oct((tmp_path / path).stat().st_mode & 0o777) for path in ("var/lib/taptill", "etc/taptill")}
    assert modes == {"var/lib/taptill": "0o700", "etc/taptill": "0o750"}
    owner = int(passwd["taptill"][2]) if as_root else os.geteuid()
    assert (tmp_path / "var/lib/taptill").stat().st_uid == owner
    assert re.search(r"^d /var/lib/taptill 0700 taptill taptill", lines, flags=re.M)


# --- make install ----------------------------------------------------------------------------------------------------

INSTALLED = {
    "etc/taptill-hq/hq.toml": 0o640,
    "etc/taptill/taptill.toml": 0o640,
    "usr/lib/modules-load.d/taptill.conf": 0o644,
    "usr/lib/systemd/system/taptill-hq.service": 0o644,
    "usr/lib/systemd/system/taptill.service": 0o644,
    "usr/lib/systemd/user/taptill-display.service": 0o644,
    "usr/lib/systemd/user/taptill-kiosk.service": 0o644,
    "usr/lib/sysusers.d/taptill.conf": 0o644,
    "usr/lib/tmpfiles.d/taptill.conf": 0o644,
    "usr/lib/udev/rules.d/60-taptill.rules": 0o644,
    "usr/share/doc/taptill/LICENSE": 0o644,
    "usr/share/doc/taptill/install.md": 0o644,
    "usr/share/taptill/nginx/taptill-lan.conf": 0o644,
}


def files_of(root: Path) -> dict[str, int]:
    return {
        path.relative_to(root).as_posix(): path.stat().st_mode & 0o777 for path in root.rglob("*") if path.is_file()
    }


def test_make_install_stages_exactly_these_files(tmp_path: Path) -> None:
    done = run("make", "--no-print-directory", "install", f"DESTDIR={tmp_path}", STEPS="files", MAKEFLAGS="")
    assert done.returncode == 0, done.stdout
    assert files_of(tmp_path) == INSTALLED


def test_a_second_install_leaves_the_shops_configuration_alone(tmp_path: Path) -> None:
    shops = tmp_path / "etc/taptill/taptill.toml"
    shops.parent.mkdir(parents=True)
    shops.write_text("# the shop's own\n", encoding="utf-8")
    run("make", "install", f"DESTDIR={tmp_path}", STEPS="files", MAKEFLAGS="")
    assert shops.read_text(encoding="utf-8") == "# the shop's own\n"

    gone = run("make", "uninstall", f"DESTDIR={tmp_path}", MAKEFLAGS="")
    assert gone.returncode == 0, gone.stdout
    assert set(files_of(tmp_path)) == {"etc/taptill/taptill.toml", "etc/taptill-hq/hq.toml"}


def test_the_configuration_that_is_installed_first_is_understood_and_keeps_data_in_the_state_folder() -> None:
    config = msgspec.toml.decode((REPOSITORY / "config/pi/taptill.toml").read_bytes(), type=Config)
    assert config.store.data_dir == "/var/lib/" + settings("taptill.service")["StateDirectory"][0]
    # The door and the kiosk's unit name this address.
    assert (config.screen.host, config.screen.port) == ("127.0.0.1", 8480)

    office = load(REPOSITORY / "config/pi/hq.toml")
    assert office.database.url == "sqlite:////var/lib/" + settings("taptill-hq.service")["StateDirectory"][0] + "/hq.db"


def test_the_wheel_holds_everything_that_is_read_at_run_time(tmp_path: Path) -> None:
    tracked = run("git", "ls-files", "rules", "drivers", "edge", "hq", "config").stdout.split()
    source = tmp_path / "source"
    for name in ("setup.py", "pyproject.toml", "LICENSE", *tracked):
        # A file that is deleted here, but not yet committed so, is still listed.
        if (REPOSITORY / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, source / name)
    built = run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", tmp_path, source
    )
    assert built.returncode == 0, built.stdout
    (wheel,) = tmp_path.glob("*.whl")
    inside = {
        re.sub(r"^taptill-[^/]+\.data/data/share/taptill/", "", name) for name in zipfile.ZipFile(wheel).namelist()
    }
    assert {name for name in tracked if (REPOSITORY / name).exists()} - inside == set()
    assert [name for name in inside if "__pycache__" in name] == []
