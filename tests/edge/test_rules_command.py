"""taptill rules: the versions from the command line, beside a daemon or without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.__main__ import main
from edge.till import Till
from tests.shops import PROMOTIONS, TestShop

COLA = "6901234567892"
HALF = """
[[promotions]]
kind = "percent_off"
id = "half"
names = { en = "Half" }
scope = { categories = ["drinks"] }
off_bp = 5000
"""

NO_BARGAIN = HALF.replace("percent_off", "fixed_price").replace("off_bp = 5000", "price = 350")


@pytest.fixture
def shop(tmp_path: Path) -> TestShop:
    made = TestShop(tmp_path / "shop")
    with made:
        pass  # its file is the first version
    (tmp_path / "half.toml").write_text(HALF, encoding="utf-8")
    return made


def rules(shop: TestShop, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["rules", *map(str, words), "--config", str(shop.folder / "taptill.toml")])


def test_list_show_publish_and_roll_back(shop: TestShop, tmp_path: Path) -> None:
    listed = rules(shop, "list").output.splitlines()
    assert len(listed) == 1 and listed[0].split() == ["1", "*", "2026-11-23", "10:00", "stories-1", "file"]

    done = rules(shop, "publish", tmp_path / "half.toml", "--note", "drinks")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("version 2 (") and "1 promotions" in done.output
    shown = json.loads(rules(shop, "show").output)
    assert [each["id"] for each in shown["promotions"]] == ["half"]
    assert json.loads(rules(shop, "show", "1").output)["version"] == "stories-1"

    assert rules(shop, "rollback", "1", "--note", "back").exit_code == 0
    newest, _, _ = rules(shop, "list").output.splitlines()
    assert newest.split()[:2] == ["3", "*"] and "rollback to 1" in newest and newest.endswith("back")
    with shop:
        assert shop.audit() == ()


def test_what_is_shown_can_be_published(shop: TestShop, tmp_path: Path) -> None:
    (tmp_path / "shown.json").write_text(rules(shop, "show", "1").output, encoding="utf-8")
    done = rules(shop, "publish", tmp_path / "shown.json")
    assert done.exit_code == 0, done.output
    assert "version 2 (stories-1)" in done.output


def test_a_running_till_follows(shop: TestShop, tmp_path: Path) -> None:
    with shop:
        shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        shop.ask(1, Till.scan, text=COLA)
        assert shop.view().total == 350
        assert rules(shop, "publish", tmp_path / "half.toml").exit_code == 0
        shop.ask(1, Till.tick)
        assert shop.view().total == 175


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[promotions", "not TOML"),
        (HALF.replace("5000", "50000") + HALF, "already used by promotion[0]"),  # both problems at once
        (HALF.replace('categories = ["drinks"]', 'skus = ["tea-99"]'), "no item has the SKU tea-99"),
        (HALF.replace('categories = ["drinks"]', ""), "empty"),
        (NO_BARGAIN, "price: 350 is not below the list price of 350"),
    ],
)
def test_what_has_problems_is_not_published(shop: TestShop, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    done = rules(shop, "publish", tmp_path / "bad.toml")
    assert done.exit_code == 1
    assert words in done.output
    assert "the version in force stays" in done.output
    assert len(rules(shop, "list").output.splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("rollback", "1"), "is in force already"),
        (("rollback", "7"), "there is no version 7"),
        (("show", "7"), "there is no version 7"),
        (("publish", "/nowhere.toml"), "does not exist"),
    ],
)
def test_what_is_not_there(shop: TestShop, command: tuple[str, ...], said: str) -> None:
    done = rules(shop, *command)
    assert done.exit_code != 0
    assert said in done.output


def test_without_a_database(tmp_path: Path) -> None:
    shop = TestShop(tmp_path)
    shop.loaded.database.unlink()
    assert "no database yet" in rules(shop, "list").output


def test_price_goes_by_the_version_in_force(shop: TestShop, tmp_path: Path) -> None:
    (tmp_path / "basket.json").write_text('{"now": "2026-11-23T10:00", "lines": [{"sku": "cola"}]}', encoding="utf-8")
    words = ["price", str(tmp_path / "basket.json"), "--config", str(shop.folder / "taptill.toml")]
    assert json.loads(CliRunner().invoke(main, words).output)["total"] == 350
    rules(shop, "publish", tmp_path / "half.toml")
    quote = json.loads(CliRunner().invoke(main, words).output)
    assert quote["total"] == 175
    assert quote["rules_version"] in rules(shop, "list").output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PROMOTIONS.read_text(encoding="utf-8").replace("all = true }\nwho", 'skus = ["tea-99"] }\nwho'),
            ("no item has the SKU tea-99", "an item of the catalogue"),
        ),
        (NO_BARGAIN, ("350 is not below the list price of 350", "less than it costs")),
    ],
)
def test_check_holds_promotions_against_what_the_store_sells(shop: TestShop, text: str, said: tuple[str, ...]) -> None:
    (shop.folder / "promotions.toml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["check", "--config", str(shop.folder / "taptill.toml")])
    assert done.exit_code == 1
    assert all(words in done.output for words in said), done.output
