"""`taptill cards`: lists, blocks, and shows keys to nobody but a file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drivers.fake_card import FakeSunCard
from edge.__main__ import main
from edge.store import cards
from edge.store.database import rows
from rules.sun import FILE_KEY, KEY_NUMBERS, META_KEY, CardKeys, card_key
from tests.shops import CARD_KEY, CARDS, TestShop

UID = CARDS["card-dna"]


@pytest.fixture
def shop(tmp_path: Path) -> TestShop:
    return TestShop(tmp_path / "shop")


def run(shop: TestShop, command: str, *words: str) -> Result:
    return CliRunner().invoke(main, ["cards", command, "--config", str(shop.folder / "taptill.toml"), *words])


def test_cards_are_listed_and_blocked(shop: TestShop) -> None:
    answer = run(shop, "list", "--member", "li")
    assert [line.split() for line in answer.output.splitlines()] == [
        [CARDS["card-li"], "li", "good", "2026-01-01", "-"],
        [CARDS["card-lost"], "li", "blocked", "2026-01-01", "-"],
    ]
    assert run(shop, "block", CARDS["card-li"], "--reason", "stolen").exit_code == 0
    assert "stolen" in run(shop, "list").output
    again = run(shop, "block", CARDS["card-li"])
    assert again.exit_code == 1 and "blocked already" in again.output
    assert "no member has this card" in run(shop, "block", CARDS["card-stranger"]).output
    with shop:
        assert shop.audit() == ()
        assert rows(shop.parts.store.reads, "SELECT subject FROM audit WHERE action = 'card_blocked'") == [("li",)]


def test_keys_go_into_a_file_of_their_owner_and_nowhere_else(shop: TestShop, tmp_path: Path) -> None:
    keys = {card_key(CARD_KEY, UID, number).hex() for number in KEY_NUMBERS}
    shown = run(shop, "issue", UID)
    assert shown.exit_code == 0 and "?picc_data=" in shown.output
    assert not any(key in shown.output for key in keys)
    file = tmp_path / "card.keys"
    written = run(shop, "issue", UID.upper(), "--keys-to", str(file))
    assert written.exit_code == 0 and not any(key in written.output for key in keys)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert all(key in file.read_text() for key in keys)
    assert CARD_KEY.hex() not in file.read_text()
    # An older file is never written over, and the audit says that keys were taken out.
    assert run(shop, "issue", UID, "--keys-to", str(file)).exit_code == 1
    with shop:
        found = rows(shop.parts.store.reads, "SELECT subject FROM audit WHERE action = 'card_keys_shown'")
        assert len(found) == 1 and UID not in found[0][0]


@pytest.mark.parametrize("uid", ["04a1b2c3", "04a1b2c3d4e5", "zz", ""])
def test_only_whole_numbers_of_cards_get_keys(shop: TestShop, uid: str) -> None:
    assert run(shop, "issue", uid).exit_code == 2


def test_an_address_is_checked_without_being_used_up(shop: TestShop) -> None:
    card = FakeSunCard(UID, CardKeys(card_key(CARD_KEY, UID, META_KEY), card_key(CARD_KEY, UID, FILE_KEY)))
    address = card.tap().partition("\t")[2]
    for _ in range(2):
        assert run(shop, "check", address).output == f"genuine: card {UID}, counter 1, new\n"
    forged = run(shop, "check", card.forged().partition("\t")[2])
    assert forged.exit_code == 1 and "forged" in forged.output
    assert "no address of a card" in run(shop, "check", "https://example.com/?q=1").output
    with shop:
        assert cards.counter(shop.parts.store.reads, UID) == -1


def test_a_key_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "cards-key"
    assert CliRunner().invoke(main, ["cards", "key", str(file)]).exit_code == 0
    made = file.read_text()
    assert len(bytes.fromhex(made)) == 16 and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert CliRunner().invoke(main, ["cards", "key", str(file)]).exit_code == 1
    assert file.read_text() == made
