"""The store's configuration file: loading it, what is wrong with it, and the last one that was good."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from edge.config import Config
from edge.config_checks import cross_check
from edge.config_walk import Problem, Walk, line_of
from rules.promotions import NO_RULES, RuleSet, load_rules
from rules.table_reader import Problem as RuleProblem

FILE_MAX_BYTES = 1024 * 1024
"""Largest configuration or promotions file."""
SECRET_MAX_BYTES = 4_096
DATABASE = "taptill.db"
LAST_GOOD = "last-good.toml"
LAST_GOOD_PROMOTIONS = "last-good-promotions.toml"


@dataclass(frozen=True, slots=True)
class Promotions:
    """Promotions and tiers, with the text that they were read from."""

    text: str
    rules: RuleSet
    is_last_good: bool = False
    """True where the owner's file has problems, so that this is the last copy without."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration without errors."""

    config: Config
    path: Path
    """The file that it was read from; the last good copy's, where that is in force."""
    base_dir: Path
    """Folder of the file that the owner edits: what relative paths start from."""
    text: str
    warnings: tuple[Problem, ...] = ()
    """What is allowed but deserves a word."""
    promotions: Promotions | None = None
    """The promotions in force; `load_or_last_good` always gives them."""
    state_dir: Path | None = None
    """Folder of the last good copies; `load_or_last_good` always gives it."""

    def resolve(self, name: str) -> Path:
        """Return the path of a file that the configuration names."""
        return self.base_dir / name

    @property
    def data_dir(self) -> Path:
        return self.resolve(self.config.store.data_dir)

    @property
    def database(self) -> Path:
        return self.data_dir / DATABASE


class SecretError(Exception):
    """A file of a secret is missing, not readable or not usable. The message never holds the secret."""


def load_config(path: Path) -> Loaded | tuple[Problem, ...]:
    """Return the configuration of a file, or every problem in it; files that it names are not opened."""
    path = path.absolute()
    text = _read_text(path)
    if isinstance(text, Problem):
        return (text,)
    return parse_config(text, path=path, base_dir=path.parent)


def parse_config(text: str, *, path: Path, base_dir: Path) -> Loaded | tuple[Problem, ...]:
    """Return the configuration that a text holds, or every problem in it."""
    walk = Walk(str(path), text)
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        at = re.search(r"\(at line (\d+)", str(error))
        what = "tables too deep" if isinstance(error, RecursionError) else str(error)
        return (Problem(str(path), "", what, "TOML", line=int(at[1]) if at else None),)
    config = walk.struct(tables, Config)
    warnings = cross_check(config, walk)
    if walk.problems:
        return tuple(sorted(walk.problems, key=lambda problem: problem.line or 0))
    return Loaded(config, path, base_dir, text, warnings)


def load_promotions(loaded: Loaded) -> Promotions | tuple[Problem, ...]:
    """Return the promotions that the configuration names, or every problem in their file; none named: no promotions."""
    name = loaded.config.rules.promotions
    if not name:
        return parse_promotions("", path=loaded.path)
    path = loaded.resolve(name)
    text = _read_text(path)
    return (text,) if isinstance(text, Problem) else parse_promotions(text, path=path)


def parse_promotions(text: str, *, path: Path) -> Promotions | tuple[Problem, ...]:
    """Return the promotions that a text holds, or every problem in it."""
    try:
        rules = load_rules(text)
    except ValueError as error:
        # A number of thousands of digits is TOML, but not for Python.
        return (Problem(str(path), "", str(error), "TOML"),)
    if isinstance(rules, tuple):
        return tuple(_from_rules(problem, str(path), text.splitlines()) for problem in rules)
    return Promotions(text, rules)


def _from_rules(problem: RuleProblem, file: str, lines: list[str]) -> Problem:
    # Both files count their tables from 1 for whoever reads the list, and say the line.
    match = re.match(r"(promotion|tier)\[(\d+)\](?: id=(.*))?$", problem.where)
    table = f"{match[1]}s[{int(match[2]) + 1}]" if match else ""
    key = ".".join(part for part in (table, problem.key) if part)
    named = f" (id {match[3]})" if match and match[3] else ""
    hint = f"did you mean {problem.nearest}?" if problem.nearest else ""
    found, _, expected = problem.what.partition(", expected ")
    return Problem(
        file, f"{key}{named}", found, expected or "what docs/pricing.md describes", hint, line_of(key, lines)
    )


def load_or_last_good(path: Path, state_dir: Path | None = None) -> tuple[Loaded | None, tuple[Problem, ...]]:
    """Return what a daemon is to start with, and what is wrong with the owner's files.

    A configuration with problems gives way to the last good copy, and so do promotions, each by itself; without a copy
    of the promotions the store sells at list prices. None: the configuration has problems and there is no good copy.
    """
    state_dir = state_dir or find_state_dir(path)
    found = load_config(path)
    problems: tuple[Problem, ...] = ()
    if isinstance(found, tuple):
        problems = found
        copy = _read_text(state_dir / LAST_GOOD)
        if isinstance(copy, Problem):
            return None, problems
        found = parse_config(copy, path=state_dir / LAST_GOOD, base_dir=path.absolute().parent)
        if isinstance(found, tuple):
            return None, (*problems, *found)
    promotions = load_promotions(found)
    if isinstance(promotions, tuple):
        problems += promotions
        copy = _read_text(state_dir / LAST_GOOD_PROMOTIONS)
        text = "" if isinstance(copy, Problem) else copy
        promotions = parse_promotions(text, path=state_dir / LAST_GOOD_PROMOTIONS)
        if isinstance(promotions, tuple):
            problems += promotions
            promotions = Promotions("", NO_RULES)
        promotions = replace(promotions, is_last_good=True)
    return replace(found, promotions=promotions, state_dir=state_dir), problems


def keep_last_good(loaded: Loaded) -> None:
    """Keep copies of what a daemon started with: to be called once it is ready. Raises OSError: no room, say."""
    assert loaded.promotions is not None
    assert loaded.state_dir is not None
    write_whole(loaded.state_dir / LAST_GOOD, loaded.text)
    write_whole(loaded.state_dir / LAST_GOOD_PROMOTIONS, loaded.promotions.text)


def find_state_dir(path: Path) -> Path:
    """Return the folder that holds the last good copies, even where the configuration cannot be read.

    systemd's StateDirectory, else the data folder that the file names, as far as that line can be made out, else `data`
    beside the file.
    """
    by_systemd = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if by_systemd:
        return Path(by_systemd)
    path = path.absolute()
    text = _read_text(path)
    named = None if isinstance(text, Problem) else re.search(r"""(?m)^\s*data_dir\s*=\s*["']([^"'\n]+)["']""", text)
    return path.parent / (named[1] if named else "data")


def write_whole(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file so that after a power cut the old text or the new one is there, never a part of it."""
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def find_secret(name_or_path: str, *, base_dir: Path) -> Path:
    """Return the file of a secret: among systemd's credentials for a bare name that stands there, else by its path."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if credentials and Path(name_or_path).name == name_or_path and (Path(credentials) / name_or_path).is_file():
        return Path(credentials) / name_or_path
    return base_dir / name_or_path


def read_secret(name_or_path: str, *, base_dir: Path) -> str:
    """Return the secret that a file holds, without the end of its line. Raises SecretError, which says what to do.

    Args:
        name_or_path: `password_file` and its like: a name among systemd's credentials, or a path.
        base_dir: what a relative path starts from.
    """
    path = find_secret(name_or_path, base_dir=base_dir)
    text = _read_text(path, most=SECRET_MAX_BYTES)
    if isinstance(text, Problem):
        raise SecretError(f"{path}: found {text.found}, expected {text.expected}")
    secret = text.rstrip("\r\n")
    if not secret or any(ord(letter) < 32 for letter in secret):
        raise SecretError(f"{path}: expected one line with the secret, found {'none' if not secret else 'more'}")
    return secret


def read_key(name_or_path: str, *, base_dir: Path) -> bytes | None:
    """Return the key that a file holds, 64 hexadecimal digits; None where no file is named. Raises SecretError."""
    if not name_or_path:
        return None
    text = read_secret(name_or_path, base_dir=base_dir)
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise SecretError(f"{find_secret(name_or_path, base_dir=base_dir)}: expected a key of 64 hexadecimal digits")
    return bytes.fromhex(text)


def secret_exposure(path: Path) -> str:
    """Return what is wrong with who may read the file of a secret, and how to mend it; '' when nothing is."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return f"everybody on this machine may read it (mode {mode:o}); chmod 600 {path}" if mode & 0o004 else ""


def _read_text(path: Path, *, most: int = FILE_MAX_BYTES) -> str | Problem:
    """Return the text of a file, or why there is none."""
    expected = f"a file of at most {most} bytes, in UTF-8"
    try:
        if not path.is_file():
            return Problem(str(path), "", "a folder or device" if path.exists() else "no such file", expected)
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        return Problem(str(path), "", getattr(error, "strerror", None) or str(error), expected)
    if len(data) > most:
        return Problem(str(path), "", "a larger one", expected)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(str(path), "", f"byte 0x{data[error.start]:02x}", expected, line=line)
