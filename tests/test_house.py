"""The plan of the house, held against the code: who may import whom, where each library and the clock live, and its manners."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
ROOMS = ("rules", "drivers", "edge", "hq")

MAY_IMPORT = {
    "rules": ("rules",),
    "drivers": ("drivers", "rules"),
    "edge": ("edge", "drivers", "rules"),
    "hq": ("hq", "drivers", "rules", "edge.messages"),
}

FLOORS = {
    # Floor 0: what everything stands on. 1: the store's file and what is shown of it. 2: what a person can do.
    # 3: who does it, and when. 4: its face. 5: the wiring and the commands.
    0: (
        "edge",
        "edge.clock",
        "edge.ids",
        "edge.config",
        "edge.config_*",
        "edge.code_settings",
        "edge.messages",
        "edge.texts",
        "edge.text_*",
    ),
    1: (
        "edge.store",
        "edge.store.*",
        "edge.weights",
        "edge.screen",
        "edge.screens",
        "edge.screen_*",
        "edge.check_view",
        "edge.receipt",
        "edge.receipt_*",
        "edge.health",
    ),
    2: (
        "edge.till",
        "edge.till_*",
        "edge.shop",
        "edge.quotes",
        "edge.finding",
        "edge.checkout",
        "edge.desk",
        "edge.weighing",
        "edge.pole_faces",
        "edge.viewing",
        "edge.display",
        "edge.display_*",
        "edge.banner",
        "edge.paying",
        "edge.rulebook",
        "edge.rule_*",
        "edge.trials",
        "edge.coupons",
        "edge.papers",
        "edge.permissions",
        "edge.permission_*",
        "edge.approvals",
        "edge.members",
        "edge.member_*",
        "edge.cards",
        "edge.card_*",
        "edge.coupon_*",
        "edge.expiry",
        "edge.points_*",
        "edge.tier_*",
        "edge.gift_*",
        "edge.stored_value",
        "edge.stored_value_*",
        "edge.credit",
        "edge.credit_*",
        "edge.benefits",
        "edge.times",
        "edge.times_*",
        "edge.returning",
        "edge.returning_*",
        "edge.exchanging",
        "edge.exchanging_*",
        "edge.holding",
        "edge.labels",
        "edge.invoices",
        "edge.reprinting",
        "edge.quick_keys",
        "edge.shifts",
        "edge.shift_*",
        "edge.charging",
        "edge.charging_*",
        "edge.importing",
        "edge.exporting",
        "edge.import_*",
    ),
    3: (
        "edge.loop",
        "edge.printing",
        "edge.charger",
        "edge.charger_*",
        "edge.gateways",
        "edge.relay",
        "edge.relay_*",
        "edge.downlink",
        "edge.devices",
        "edge.counter_devices",
        "edge.identify",
        "edge.listening",
        "edge.device_*",
        "edge.found_devices",
        "edge.uplink",
        "edge.jobs",
        "edge.bench",
        "edge.training",
    ),
    4: ("edge.web", "edge.web.*"),
    5: (
        "edge.app",
        "edge.app_files",
        "edge.demo",
        "edge.demo.*",
        "edge.demo_*",
        "edge.cli",
        "edge.cli.*",
        "edge.__main__",
    ),
}

HOMES = {
    "PIL": ("drivers/pen.py", "drivers/raster.py", "edge/display_slides.py"),
    "argon2": ("edge/store/staff.py",),
    "babel": ("edge/texts.py", "hq/web/*"),
    "biip": ("rules/gs1.py", "rules/codes.py"),
    "lunar_python": ("rules/lunar.py",),
    "cryptography": ("edge/store/vault.py", "rules/sun.py", "drivers/alipay.py", "drivers/fake_pay_server.py"),
    "openpyxl": ("edge/import_sheets.py",),
    "pypinyin": ("edge/store/pinyin.py",),
    "cheroot": ("edge/web/server.py", "hq/web/*"),
    "click": ("edge/__main__.py", "edge/cli/*", "hq/__main__.py"),
    "escpos": ("drivers/raster.py",),
    "evdev": ("drivers/evdev_lines.py",),
    "flask": ("edge/web/*", "hq/web/*"),
    "flask_wtf": ("edge/web/*", "hq/web/*"),
    "itsdangerous": ("edge/web/door.py", "hq/web/*"),
    "jinja2": ("edge/web/*", "hq/web/*"),
    "markupsafe": ("edge/web/*", "hq/web/*"),
    "msgspec": ("rules/*", "drivers/document.py", "edge/*", "hq/*"),
    "paho": ("drivers/mqtt_link.py",),
    "peewee": ("edge/store/*", "hq/store/*"),
    "playhouse": ("edge/store/*", "hq/store/*"),
    "segno": ("edge/web/*", "edge/receipt*.py", "drivers/document.py"),
    "serial": ("drivers/serial_port.py", "drivers/escpos_transport.py"),
    "smartcard": ("drivers/pcsc.py",),
    "werkzeug": ("edge/web/*", "hq/web/*"),
}
"""Each library's one home in a room. A library that is not named here has none yet: decide, then write it down."""

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 80

# The rules are told what they need: nothing that reads a clock, a file, a die or a socket.
IMPURE = {
    "asyncio",
    "io",
    "logging",
    "os",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "sys",
    "threading",
    "time",
}

# Unfinished work and a machine's own folders belong in no commit. One letter in brackets, or this file would be found too.
FORBIDDEN = re.compile(
    r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK|stu[b])\b|not implemente[d]|NotImplemente[d]Error|(?<!:)placeholde[r](?!=|\s*:)"
    r"|(pytest|mark)\.(ski[p]|xfai[l])|/(wor[k]|far[m]|roo[t]|home/\w+)/"
)


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """Return the repository's files: those in git, and new ones that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    return tuple(path for path in (REPOSITORY / name for name in sorted(set(listed.splitlines()))) if path.is_file())


def short(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def modules() -> dict[str, Path]:
    """Return our modules by dotted name."""
    found = {}
    for path in tracked(*(f"{room}/*.py" for room in ROOMS)):
        name = short(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        found[name] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), short(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import of a module, in functions too; a name of a package that is a module counts."""
    ours = modules()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{short(path)}:{node.lineno}: write the whole name of the module"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield node.lineno, whole if whole in ours else str(node.module)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def floor(name: str) -> int:
    found = [level for level, patterns in FLOORS.items() if any(fnmatch(name, pattern) for pattern in patterns)]
    assert len(found) == 1, f"{name} stands on {found or 'no'} floor: give it one in FLOORS"
    return found[0]


# --- who imports whom ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_it_may(room: str) -> None:
    wrong = [
        f"{short(path)}:{line} imports {name}"
        for module, path in modules().items()
        if within(module, (room,))
        for line, name in imports(path)
        if within(name, (*ROOMS, "tests", "benchmarks")) and not within(name, MAY_IMPORT[room])
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_module_of_the_store_imports_from_a_floor_above_it() -> None:
    wrong = [
        f"{short(path)}:{line} (floor {floor(module)}) imports {name} (floor {floor(name)})"
        for module, path in modules().items()
        if within(module, ("edge",))
        for line, name in imports(path)
        if within(name, ("edge",)) and floor(name) > floor(module)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: {name for _, name in imports(path) if name in modules() and name != module}
        for module, path in modules().items()
    }
    while leaves := [module for module, needs in graph.items() if not needs & set(graph)]:
        for module in leaves:
            del graph[module]
    assert sorted(graph) == [], "each of these is in a circle of imports, or stands on one"


def test_each_library_is_imported_in_its_home_only() -> None:
    wrong = []
    for path in modules().values():
        for line, name in imports(path):
            library = name.split(".")[0]
            if library in sys.stdlib_module_names or library in ROOMS:
                continue
            if not any(fnmatch(short(path), home) for home in HOMES.get(library, ())):
                wrong.append(
                    f"{short(path)}:{line} imports {library}, which lives in {HOMES.get(library, 'no room yet')}"
                )
    assert not wrong, "\n" + "\n".join(wrong)


# --- the clock, and what rules may not do ----------------------------------------------------------------------------


def test_only_the_clocks_ask_the_time() -> None:
    """Readers of devices may use the monotonic clock for time-outs of their own; the rest is told the time."""
    wrong = []
    for path in modules().values():
        if path.name == "clock.py":
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                asked = f"{node.value.id}.{node.attr}"
                if asked in {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"} or (
                    node.value.id == "time"
                    and not (path.is_relative_to(REPOSITORY / "drivers") and node.attr in {"monotonic", "sleep"})
                    and any(name == "time" for _, name in imports(path))
                ):
                    wrong.append(f"{short(path)}:{node.lineno} asks {asked}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_rules_are_pure_and_hold_no_floats() -> None:
    wrong = []
    for path in tracked("rules/*.py"):
        wrong += [
            f"{short(path)}:{line} imports {name}" for line, name in imports(path) if name.split(".")[0] in IMPURE
        ]
        for node in (node for node in ast.walk(tree(path)) if isinstance(node, ast.expr | ast.stmt)):
            is_float = (
                (isinstance(node, ast.Constant) and isinstance(node.value, float))
                or (isinstance(node, ast.Name) and node.id == "float")
                or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
            )
            if is_float or (isinstance(node, ast.Call) and ast.unparse(node.func) in {"open", "print", "input"}):
                wrong.append(f"{short(path)}:{node.lineno}: {ast.unparse(node)}")
    assert not wrong, "\n" + "\n".join(wrong)


# --- shape -----------------------------------------------------------------------------------------------------------


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's length without its docstring and without the functions inside it, which count for themselves."""
    start = function.body[1].lineno if ast.get_docstring(function) and len(function.body) > 1 else function.lineno
    inside = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)][1:]
    return int(function.end_lineno or start) - start + 1 - sum(own_lines(node) for node in inside)


def test_files_and_functions_keep_their_size() -> None:
    wrong = []
    for path in modules().values():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > FILE_LINES_MAX:
            wrong.append(f"{short(path)} has {lines} lines")
        if "migrations" in path.parts:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and own_lines(node) > FUNCTION_LINES_MAX:
                wrong.append(f"{short(path)}:{node.lineno} {node.name} has {own_lines(node)} lines")
    assert not wrong, "\n" + "\n".join(wrong)


def test_modules_keep_no_state_and_have_a_subject() -> None:
    wrong = [short(path) for path in modules().values() if re.search(r"utils?|helpers?|common|misc", path.stem)]
    for path in modules().values():
        wrong += [
            f"{short(path)}:{node.lineno}: global" for node in ast.walk(tree(path)) if isinstance(node, ast.Global)
        ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_test_files_have_names_of_their_own() -> None:
    counted = Counter(path.name for path in tracked("tests/*.py") if path.name.startswith("test_"))
    assert [name for name, times in counted.items() if times > 1] == []


def test_nothing_unfinished_and_no_path_of_one_machine() -> None:
    wrong = []
    for path in tracked():
        if "vendor" in path.parts or path.suffix in {".lock", ".png", ".gz", ".mo", ".po", ".wav", ".ico", ".woff2"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if found := FORBIDDEN.search(line):
                wrong.append(f"{short(path)}:{number}: {found[0]}")
    assert not wrong, "\n" + "\n".join(wrong)


# --- what stands beside the code -------------------------------------------------------------------------------------


def test_vendored_files_are_those_of_their_lock() -> None:
    for lock in tracked("*/vendor/vendor.lock"):
        files = {
            name: file["sha384"]
            for package in json.loads(lock.read_text()).values()
            for name, file in package["files"].items()
        }
        lying = {
            path.name: "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
            for path in lock.parent.iterdir()
            if path != lock
        }
        assert lying == files


def test_documents_name_only_commands_and_files_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    wrong = []
    for path in tracked("*.md"):
        text = path.read_text(encoding="utf-8")
        commands = re.findall(r"^\s*(?:sudo )?make ([a-z-]+)", text, flags=re.M) + re.findall(
            r"`(?:sudo )?make ([a-z-]+)", text
        )
        wrong += [f"{short(path)}: make {target}" for target in commands if target not in targets]
        for link in re.findall(r"\]\(([^)#\s]+)", text):
            if "://" not in link and not link.startswith("mailto:") and not (path.parent / link).exists():
                wrong.append(f"{short(path)}: {link}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert re.search(r"^exec make .*\btest\b", (REPOSITORY / ".ci/run").read_text(encoding="utf-8"), flags=re.M)
