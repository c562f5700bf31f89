"""Secure messages of NTAG 424 DNA cards, held against vectors that others made."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from rules import sun
from rules.sun import CardKeys, SunText, card_key, check_sun, cmac, keys_of, make_sun, named_card, read_file, read_sun

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/sdm_vectors.json").read_text(encoding="utf-8"))
ROWS = VECTORS["vectors"]
MASTER = bytes.fromhex("00112233445566778899aabbccddeeff")
UID = "04a1b2c3d4e5f6"


def keys(row: dict[str, Any]) -> CardKeys:
    return CardKeys(bytes.fromhex(row["meta_read_key"] or "00" * 16), bytes.fromhex(row["file_read_key"]))


def message(row: dict[str, Any]) -> SunText:
    return SunText(
        mac=row["mac"],
        picc=row["picc_enc"] or "",
        uid=row["uid_plain"] or "",
        counter=row["ctr_plain_msb_hex"] or "",
        file=row["file_enc"] or "",
        mac_input=row["mac_input_ascii"],
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_vector(row: dict[str, Any]) -> None:
    found = check_sun(message(row), keys(row))
    if not row["valid"]:
        assert found is None
        return
    expected = row["expected"]
    assert found is not None and (found.uid, found.counter) == (expected["uid"], expected["ctr"])
    if "file_plain" in expected:
        assert read_file(message(row), found, keys(row).file).hex() == expected["file_plain"]


@pytest.mark.parametrize("row", [row for row in ROWS if row["valid"]], ids=lambda row: row["name"])
def test_a_vectors_steps(row: dict[str, Any]) -> None:
    expected = row["expected"]
    vector = sun.session_vector(bytes.fromhex("3cc300010080"), expected["uid"], expected["ctr"])
    session_key = cmac(keys(row).file, vector)
    assert vector.hex() == expected["sv2"]
    assert session_key.hex() == expected["session_mac_key"]
    assert cmac(session_key, row["mac_input_ascii"].encode()).hex() == expected["full_cmac"]


@pytest.mark.parametrize("row", [row for row in ROWS if row.get("url")], ids=lambda row: row["name"])
def test_a_vectors_address(row: dict[str, Any]) -> None:
    found = read_sun(row["url"])
    assert found is not None and found.mac.lower() == row["mac"]
    assert (found.picc, found.uid, found.counter, found.file, found.mac_input) == (
        row["picc_enc"] or "",
        row["uid_plain"] or "",
        row["ctr_plain_msb_hex"] or "",
        row["file_enc"] or "",
        row["mac_input_ascii"],
    )
    assert (check_sun(found, keys(row)) is not None) == row["valid"]


def test_one_parameter_for_all() -> None:
    row = next(each for each in ROWS if each["name"] == "kdf_bulk_2")
    found = read_sun(f"https://a.cn/t?e={row['picc_enc']}{row['file_enc']}{row['mac']}")
    assert found == message(row)


@pytest.mark.parametrize("step", VECTORS["replay_sequence"]["steps"], ids=lambda step: f"{step['ctr']}-{step['mac']}")
def test_every_message_of_the_replays_is_genuine(step: dict[str, str]) -> None:
    # Whether it is a replay is the store's to say: tests/edge/test_card_proof.py.
    sequence = VECTORS["replay_sequence"]
    text = SunText(mac=step["mac"], uid=sequence["uid"], counter=step["ctr"])
    found = check_sun(text, CardKeys(bytes(16), bytes.fromhex(sequence["file_read_key"])))
    assert found is not None and found.counter == int(step["ctr"], 16)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://a.cn/t",
        "https://a.cn/t?uid=042D2AAAC41390&ctr=000007",  # no code
        "https://a.cn/t?uid=042D2AAAC413&ctr=000007&cmac=47F6E97894E46FF1",  # short UID
        "https://a.cn/t?uid=042D2AAAC41390&ctr=7&cmac=47F6E97894E46FF1",
        "https://a.cn/t?uid=042D2AAAC41390&ctr=000007&cmac=47F6E97894E46FFG",  # no hex
        "https://a.cn/t?e=EF963FF7828658A599F3041510671E&c=94EED9EE65337086",  # short
        "https://a.cn/t?picc_data=EF963FF7828658A599F3041510671E88&enc=EA05&cmac=94EED9EE65337086",  # part of a block
        "https://a.cn/t?uid=042D2AAAC41390&ctr=000007&cmac=" + "4" * 600,
        "https://[a.cn/t?uid=042D2AAAC41390&ctr=000007&cmac=47F6E97894E46FF1",  # no address
        "会员?uid=042D2AAAC41390&ctr=000007&cmac=47F6E97894E46FF1",
        "\x00?\x00",
    ],
)
def test_what_is_no_message(text: str) -> None:
    assert read_sun(text) is None


def test_each_card_has_a_key_of_its_own_and_all_share_the_one_that_tells_them_apart() -> None:
    assert card_key(MASTER, UID, sun.FILE_KEY) != card_key(MASTER, "04a1b2c3d4e5f7", sun.FILE_KEY)
    assert card_key(MASTER, UID, sun.META_KEY) == card_key(MASTER, "04a1b2c3d4e5f7", sun.META_KEY)
    assert len({card_key(MASTER, UID, number) for number in sun.KEY_NUMBERS}) == len(sun.KEY_NUMBERS)


def own_keys() -> CardKeys:
    return CardKeys(card_key(MASTER, UID, sun.META_KEY), card_key(MASTER, UID, sun.FILE_KEY))


def test_a_simulated_card_is_believed_with_its_own_keys_only() -> None:
    text = make_sun(own_keys(), UID, 9, address="https://a.cn/c")
    read = read_sun(text)
    assert read is not None
    proof = check_sun(read, keys_of(MASTER, read))
    assert proof is not None and (proof.uid, proof.counter) == (UID, 9)
    assert check_sun(read, keys_of(bytes(16), read)) is None
    assert named_card(read, bytes(16)) is None


@pytest.mark.parametrize("at", range(sun.PICC_DIGITS + sun.MAC_DIGITS))
def test_one_changed_digit_is_a_forgery(at: int) -> None:
    text = make_sun(own_keys(), UID, 9, address="https://a.cn/c")
    digits = text.index("picc_data=") + len("picc_data=") + at
    digits += len("&cmac=") if at >= sun.PICC_DIGITS else 0
    changed = text[:digits] + ("1" if text[digits] == "0" else "0") + text[digits + 1 :]
    read = read_sun(changed)
    assert read is not None and check_sun(read, keys_of(MASTER, read)) is None


@pytest.mark.parametrize("row", VECTORS["kdf"]["vectors"], ids=lambda row: row["key"][:8])
def test_keys_that_another_backend_makes(row: dict[str, Any]) -> None:
    """Ours are made by AN10922 alone; a backend that goes another way to its keys goes it with the same CMAC."""
    master, number = bytes.fromhex(row["master_key"]), row["key_no"]

    def hashed(key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, "sha256")

    if row["uid"] is None:
        made = hashed(master, b"PICCDataKey")[:16]
    else:
        tag = hashed(hashed(master, b"DivBaseKey"), bytes.fromhex(row["uid"]))[:16]
        made = cmac(hashed(master, b"SlotMasterKey" + bytes((number,)))[:16], b"\x01" + tag)
    assert made.hex() == row["key"]
