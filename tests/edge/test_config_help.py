"""The words about the configuration: complete, in step with the structs, and every shipped file is good."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edge.config import Config
from edge.config_codes import code_settings
from edge.config_file import Loaded, load_config, load_promotions, parse_config
from edge.config_help import explain, markdown, show, tables
from edge.config_walk import PATTERNS

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for path in (REPOSITORY / "config").rglob("taptill*.toml")
)  # fmt: skip


def test_every_key_has_a_meaning():
    without = [f"{table.header} {key.name}" for table in tables() for key in table.keys if not key.meaning]
    assert without == []


def test_every_table_has_a_meaning():
    assert [table.header for table in tables() if not table.meaning] == []


def test_every_text_has_a_bound():
    """A text without one could be megabytes long on a receipt or in a topic."""

    def unbounded(schema: object) -> bool:
        return isinstance(schema, dict) and schema.get("type") == "string" and not {"maxLength", "pattern"} & {*schema}

    schemas = msgspec.json.schema(Config)["$defs"]
    found = [
        f"{name}.{key}"
        for name, schema in schemas.items()
        for key, value in schema["properties"].items()
        if unbounded(value)
    ]
    assert found == []


def test_every_pattern_has_words():
    schemas = msgspec.json.schema(Config)["$defs"].values()
    used = {value["pattern"] for schema in schemas for value in schema["properties"].values() if "pattern" in value}
    assert used == set(PATTERNS)


def test_the_page_is_in_step_with_the_structs():
    page = (REPOSITORY / "docs" / "configuration.md").read_text(encoding="utf-8")
    made = "\n".join(markdown()).strip()
    assert page.split("## Every key", 1)[1].strip() == made, "run: taptill config --explain --markdown"


def test_explaining_names_every_key_once():
    lines = list(explain())
    assert sum(line.startswith("[") for line in lines) == len(tables())
    assert sum(line.startswith("  ") and line[2] != " " for line in lines) == sum(len(t.keys) for t in tables())
    assert "  ppi = 149" in lines
    assert "  name_zh_hans   (must be given)" in lines


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_file_is_good(name):
    found = load_config(REPOSITORY / name)
    assert isinstance(found, Loaded), [str(problem) for problem in found]
    assert found.warnings == ()
    promotions = load_promotions(found)
    assert not isinstance(promotions, tuple), [str(problem) for problem in promotions]


def test_the_example_is_among_the_shipped_files():
    assert "config/example/taptill.toml" in SHIPPED
    assert "config/new/taptill.toml" in SHIPPED


def test_the_commented_lines_of_the_example_are_good_too():
    text = (REPOSITORY / "config" / "example" / "taptill.toml").read_text(encoding="utf-8")
    # A comment that stands for a line has a bracket or an equals sign behind one "# " at the beginning of the line.
    lines = [
        line.removeprefix("# ") if line.startswith(("# [[", "# [broker")) or "=" in line.split("#")[1]
        else line
        for line in (line if line.startswith("# ") else line + "#" for line in text.splitlines())
    ]  # fmt: skip
    found = parse_config("\n".join(lines), path=Path("taptill.toml"), base_dir=REPOSITORY)
    assert isinstance(found, Loaded), [str(problem) for problem in found]
    assert found.config.broker is not None
    names = ["scanner-1", "cards-1", "scanner-2", "printer-1", "kitchen-1", "labels-1", "scale-1", "pole-1"]
    assert [device.name for device in found.config.device] == names


def test_the_example_shows_every_table():
    text = (REPOSITORY / "config" / "example" / "taptill.toml").read_text(encoding="utf-8")
    assert [table.header for table in tables() if table.header not in text] == []


def test_what_is_shown_can_be_read_again():
    found = load_config(REPOSITORY / "config" / "example" / "taptill.toml")
    assert isinstance(found, Loaded)
    again = parse_config("\n".join(show(found.config)), path=found.path, base_dir=found.base_dir)
    assert isinstance(again, Loaded)
    assert again.config == found.config


def test_scale_codes_reach_the_rules():
    from datetime import datetime

    found = load_config(REPOSITORY / "config" / "example" / "taptill.toml")
    assert isinstance(found, Loaded)
    settings = code_settings(found.config, now_local=datetime(2026, 11, 22))
    assert [scale.prefix for scale in settings.scale_formats] == ["21", "20"]
    assert (settings.reference_year, settings.currency_number) == (2026, "156")
