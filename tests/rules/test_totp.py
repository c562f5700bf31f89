"""Codes of e-cards: the rows of RFC 6238 and RFC 4226, the window, and single use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rules.totp import STEP_S, Algorithm, Ecard, Verdict, check_ecard, code_of, ecard_text, read_ecard, step_at

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/totp_vectors.json").read_text(encoding="utf-8"))
SECRET = b"12345678901234567890"


@pytest.mark.parametrize("row", VECTORS["totp"], ids=lambda row: f"{row['algorithm']}-{row['time']}")
def test_rfc_6238(row: dict[str, Any]) -> None:
    step = step_at(row["time"] * 1_000)
    assert step == int(row["T_hex"], 16)
    secret = row["secret_ascii"].encode()
    assert code_of(secret, step, digits=row["digits"], algorithm=Algorithm(row["algorithm"])) == row["code"]


@pytest.mark.parametrize(("counter", "code"), list(enumerate(VECTORS["hotp"]["codes"])))
def test_rfc_4226(counter: int, code: str) -> None:
    assert code_of(VECTORS["hotp"]["secret_ascii"].encode(), counter, digits=VECTORS["hotp"]["digits"]) == code


@pytest.mark.parametrize("row", VECTORS["window"], ids=lambda row: str(row["steps_off"]))
@pytest.mark.parametrize("is_typed", [True, False])
def test_the_window(row: dict[str, Any], is_typed: bool) -> None:
    now = step_at(row["verifier_time"] * 1_000)
    assert row["step"] == STEP_S
    shown = None if is_typed else now + row["steps_off"]
    verdict, step = check_ecard(
        row["secret_ascii"].encode(), row["code"], now_step=now, last_step=-1, shown_step=shown,
        algorithm=Algorithm(row["algorithm"]),
    )  # fmt: skip
    if row["verdict"].startswith("accept"):
        assert (verdict, step) == (Verdict.FRESH, now + row["steps_off"])
    else:
        assert verdict is (Verdict.WRONG if is_typed else Verdict.STALE)


@pytest.mark.parametrize(
    ("last_step", "verdict"),
    [
        (-1, Verdict.FRESH),
        (99, Verdict.FRESH),
        (100, Verdict.USED),  # this very code
        (101, Verdict.USED),  # a later one was used
    ],
)
def test_a_code_is_good_once(last_step: int, verdict: Verdict) -> None:
    code = code_of(SECRET, 100)
    assert check_ecard(SECRET, code, now_step=100, last_step=last_step, shown_step=100) == (verdict, 100)
    assert check_ecard(SECRET, code, now_step=100, last_step=last_step) == (verdict, 100)


def test_the_step_that_a_phone_says_must_be_the_codes_own() -> None:
    assert check_ecard(SECRET, code_of(SECRET, 100), now_step=101, last_step=-1, shown_step=101)[0] is Verdict.WRONG


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("M1001:41152263:005924", Ecard("M1001", 41152263, "005924")),
        (ecard_text("VIP.7", 1, "12345678"), Ecard("VIP.7", 1, "12345678")),
        ("M1001:41152263:1234567", None),  # seven digits
        ("M1001:41152263", None),
        ("M1001:-1:005924", None),
        ("M1001:9999999999999:005924", None),  # too far
        (":1:005924", None),
        ("会员:1:005924", None),
    ],
)
def test_what_a_phone_shows(text: str, read: Ecard | None) -> None:
    assert read_ecard(text) == read
