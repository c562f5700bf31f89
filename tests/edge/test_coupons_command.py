"""taptill coupons: batches and codes from the command line, beside a daemon."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.__main__ import main
from edge.till import Till
from tests.shops import TestShop, rules_with_coupons

LATER = "2099-12-31"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path / "shop", promotions=rules_with_coupons()) as opened:
        opened.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield opened


def coupons(shop: TestShop, *words: str) -> Result:
    return CliRunner().invoke(main, ["coupons", *words, "--config", str(shop.folder / "taptill.toml")])


def test_codes_that_were_made_are_used_at_a_running_till(shop: TestShop) -> None:
    assert coupons(shop, "list").output == "no coupons were issued yet\n"
    made = coupons(shop, "new", "--name", "Flyer", "--promotion", "five-off", "--count", "3", "--last-day", LATER)
    assert made.exit_code == 0, made.output
    # The command asks the time of the machine; this shop's clock is moved by hand.
    shop.clock.hand.at_ms += 100 * 366 * 86_400_000 // 100
    head, *codes = csv.reader(coupons(shop, "codes", "1").output.splitlines())
    assert head == ["code", "state", "member", "valid_until"]
    assert [row[1:] for row in codes] == [["open", "", "2100-01-01 00:00"]] * 3
    shop.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
    shop.ask(1, Till.scan, text="6900000000021")
    assert shop.ask(1, Till.scan, text=codes[0][0]) is None
    shop.ask(1, Till.to_pay)
    shop.ask(1, Till.pay, sale_id=shop.view().sale_id, kind="cash", given=2_500)
    assert coupons(shop, "void", "1").output == "batch 1 is void: 2 open coupons\n"
    assert coupons(shop, "list").output == (
        "    1  Flyer  five-off  void: 3 issued, 0 open, 1 used, 0 expired, 2 void; 1 sales, takings 2500, discount 500\n"
    )
    assert shop.audit() == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("new", "--name", "x", "--promotion", "five", "--count", "1", "--last-day", LATER),
            "no promotion five in force",
        ),
        (("new", "--name", " ", "--promotion", "five-off", "--count", "1", "--last-day", LATER), "a name has 1 to 60"),
        (("new", "--name", "x", "--promotion", "five-off", "--count", "0", "--last-day", LATER), "not in the range"),
        (("new", "--name", "x", "--promotion", "five-off", "--count", "1", "--last-day", "2020-01-01"), "is over"),
        (("codes", "7"), "there is no batch 7"),
        (("void", "7"), "there is no batch 7"),
    ],
)
def test_what_cannot_be_done_is_said(shop: TestShop, words: tuple[str, ...], said: str) -> None:
    done = coupons(shop, *words)
    assert done.exit_code != 0 and said in done.output
