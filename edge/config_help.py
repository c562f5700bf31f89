"""Every key of the configuration in words, made from the structs of edge/config.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import inspect

from edge.config import Config
from edge.config_walk import expectation, inner, shown


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One key."""

    name: str
    expected: str
    """Its type and bounds."""
    default: str
    """As it is written in the file; empty where the key must be given."""
    meaning: str


@dataclass(frozen=True, slots=True)
class TableHelp:
    """One table of the file."""

    header: str
    """As it is written in the file: `[store]`, `[[device]]`."""
    meaning: str
    presence: str
    """Whether it must be there, and how often."""
    keys: tuple[KeyHelp, ...]


def tables() -> tuple[TableHelp, ...]:
    """Return every table of the configuration, in the order of the structs."""
    described = inspect.type_info(Config)
    assert isinstance(described, inspect.StructType)
    return tuple(_table(field) for field in described.fields)


def _table(field: inspect.Field) -> TableHelp:
    kind = inner(field.type)
    if isinstance(kind, inspect.VarTupleType):
        struct, header = inner(kind.item_type), f"[[{field.encode_name}]]"
        presence = f"any number up to {kind.max_length}" if kind.max_length else "any number"
        presence += "; without it there is one of defaults" if field.default else ""
    else:
        struct, header = kind, f"[{field.encode_name}]"
        presence = "must be given" if field.required else "may be left out"
    assert isinstance(struct, inspect.StructType)
    keys = tuple(_key(key) for key in struct.fields)
    return TableHelp(header, " ".join((struct.cls.__doc__ or "").split()), presence, keys)


def _key(field: inspect.Field) -> KeyHelp:
    assert isinstance(field.type, inspect.Metadata), f"{field.encode_name} has no description"
    meaning = (field.type.extra_json_schema or {}).get("description", "")
    return KeyHelp(
        field.encode_name, expectation(field.type), "" if field.required else written(field.default), meaning
    )


def written(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, tuple):
        return "[" + ", ".join(written(part) for part in value) + "]"
    return msgspec.json.encode(value).decode() if isinstance(value, str) else shown(value)


def explain() -> Iterator[str]:
    """Give the lines that explain every key, for a terminal."""
    for table in tables():
        yield f"{table.header}  {table.meaning} ({table.presence})"
        for key in table.keys:
            yield f"  {key.name} = {key.default}" if key.default else f"  {key.name}   (must be given)"
            yield f"      {key.meaning}"
            yield f"      {key.expected}"
        yield ""


def markdown() -> Iterator[str]:
    """Give the lines of the tables in docs/configuration.md."""
    for table in tables():
        yield f"### `{table.header}`"
        yield ""
        yield f"{table.meaning} *{table.presence[0].upper()}{table.presence[1:]}.*"
        yield ""
        yield "| Key | Meaning | Value | Default |"
        yield "| --- | --- | --- | --- |"
        for key in table.keys:
            default = f"`{key.default}`" if key.default else "**must be given**"
            expected = key.expected.replace("|", "\\|")
            yield f"| `{key.name}` | {key.meaning} | {expected} | {default} |"
        yield ""


def show(config: msgspec.Struct) -> Iterator[str]:
    """Give a configuration as TOML with every key, defaults included."""
    for name in config.__struct_fields__:
        value = getattr(config, name)
        for table in value if isinstance(value, tuple) else (value,):
            if table is None:
                yield f"# [{name}] is left out"
            else:
                yield f"[[{name}]]" if isinstance(value, tuple) else f"[{name}]"
                yield from (f"{key} = {written(getattr(table, key))}" for key in table.__struct_fields__)
            yield ""
