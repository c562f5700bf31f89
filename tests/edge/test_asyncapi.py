"""The AsyncAPI document says what the code says: topics, fields, kinds of fields, and which are required."""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from edge import messages

DOCUMENT = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "docs/messages/asyncapi.yaml").read_text(encoding="utf-8")
)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
STRUCTS = {
    name: found
    for name, found in vars(messages).items()
    if isinstance(found, type) and issubclass(found, msgspec.Struct) and found.__module__ == messages.__name__
}
KINDS = {str: "string", int: "integer", bool: "boolean", tuple: "array", dict: "object"}


def kinds(annotation: Any) -> set[str]:
    """Return the JSON kinds of an annotation."""
    if isinstance(annotation, types.UnionType):
        # What may be left out is so by `required`, not by its kind.
        return set().union(*(kinds(part) for part in typing.get_args(annotation) if part is not msgspec.UnsetType))
    if annotation is types.NoneType:
        return {"null"}
    return {KINDS[typing.get_origin(annotation) or annotation]}


def test_every_struct_is_described_and_nothing_else() -> None:
    assert set(SCHEMAS) == set(STRUCTS)


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_fields_and_which_are_required(name: str) -> None:
    fields = msgspec.structs.fields(STRUCTS[name])
    assert set(SCHEMAS[name]["properties"]) == {field.encode_name for field in fields}
    assert set(SCHEMAS[name]["required"]) == {field.encode_name for field in fields if field.required}


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_kinds_of_fields(name: str) -> None:
    hints = typing.get_type_hints(STRUCTS[name])
    for field, schema in SCHEMAS[name]["properties"].items():
        if hints[field] is msgspec.Raw:
            continue
        said = schema["type"]
        assert ({said} if isinstance(said, str) else set(said)) == kinds(hints[field]), f"{name}.{field}"


@pytest.mark.parametrize(
    ("channel", "topic"),
    [
        ("up", messages.up_topic("T", "S", "sale")),
        ("ack", messages.ack_topic("T", "S")),
        ("state", messages.state_topic("T", "S")),
        ("hqState", messages.hq_state_topic("T")),
    ],
)
def test_topics(channel: str, topic: str) -> None:
    address = DOCUMENT["channels"][channel]["address"]
    assert address.format(tenant="T", store="S", kind="sale") == topic


def test_kinds_of_messages_and_constants() -> None:
    assert tuple(DOCUMENT["channels"]["up"]["parameters"]["kind"]["enum"]) == messages.TYPES
    assert DOCUMENT["components"]["messages"]["event"]["contentType"] == messages.CONTENT_TYPE
    assert SCHEMAS["Envelope"]["properties"]["specversion"]["const"] == messages.SPEC_VERSION
    assert str(messages.MESSAGE_MAX_BYTES) in DOCUMENT["channels"]["up"]["description"]


def test_every_reference_leads_somewhere() -> None:
    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                found: Any = DOCUMENT
                for step in part["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(DOCUMENT)
