"""Tables from outside: what is good comes in whole, what is bad is said row by row, and nothing is half brought in."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from edge.__main__ import main
from edge.import_apply import Author, Stale, apply
from edge.import_plans import Plan, as_minor, safe_cell, write_bad_rows
from edge.import_sheets import Formula, SheetError, open_sheet
from edge.import_words import slip_words
from edge.importing import KINDS
from edge.member_desk import register
from edge.shop import Shop
from edge.store import cards as stored_cards
from edge.store import catalog, ledger, members, people
from edge.store.database import rows, scalar
from edge.texts import Texts
from edge.till import Till
from rules.ledger import POINTS, STORED_VALUE, member_account
from tests.shops import TestShop

LONG = "长" * 10_000
HEAD = ("手机号", "姓名", "生日", "等级", "积分", "储值", "卡号")


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    with TestShop(tmp_path / "shop") as running:
        yield running


def book(path: Path, *lines: Sequence[object]) -> Path:
    workbook = Workbook()
    for line in lines:
        workbook.active.append(list(line))
    workbook.save(path)
    return path


def sheet(path: Path, *lines: Sequence[str], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(lines)
    return path


def premises(shop: TestShop) -> Shop:
    found = shop.ask(1, lambda till: till.desk.shop)
    assert isinstance(found, Shop)
    return found


def plan(shop: TestShop, path: Path, kind: str = "members") -> Plan:
    return KINDS[kind](premises(shop), open_sheet(path).rows(), progress=lambda _: None)


def carry_out(shop: TestShop, made: Plan) -> Stale | None:
    return apply(
        premises(shop), made, Author("zhang", 1), write=shop.parts.loop.write, progress=lambda _done, _total: None
    )


def codes(made: Plan) -> dict[int, list[tuple[str, str]]]:
    return {number: [(slip.column, slip.code) for slip in slips] for number, _, slips in made.bad}


def test_members_with_cards_and_balances(shop: TestShop, tmp_path: Path) -> None:
    path = book(
        tmp_path / "m.xlsx", HEAD,
        (13800138000, "陈大文", date(1990, 8, 15), "金卡", 120, 88.5, "04112233"),
        ("138 0013 8001", "单丹", "1990/8/15", "", "", "", ""),
        ("+86-13800138002", "Ann Lee", "1990年8月15日", "gold", "1,200", "¥1,234.50", ""),
        (13812345678, "李小明", None, None, None, None, None),
    )  # fmt: skip
    made = plan(shop, path)
    assert (made.new, made.changed, made.same, made.bad) == (3, 0, 1, [])
    assert scalar(shop.parts.store.reads, "SELECT count(*) FROM member") == 3, "a dry run writes nothing"
    assert carry_out(shop, made) is None
    db, now_ms = shop.parts.store.reads, shop.clock.now_ms()
    chen = people.by_phone(db, "13800138000")
    assert chen is not None
    file = members.member(db, chen)
    assert file is not None
    assert (file.name, file.tier_id, file.birth_month, file.birth_year) == ("陈大文", "gold", 8, 1990)
    assert ledger.spendable(db, member_account(chen), POINTS, now_ms=now_ms) == 120
    assert ledger.balance(db, member_account(chen), STORED_VALUE) == 8_850
    assert members.member_by_code(db, file.code) == chen
    ann = people.by_phone(db, "13800138002")
    assert ledger.balance(db, member_account(ann or ""), STORED_VALUE) == 123_450
    assert [each.name for each in shop.parts.reads.find_members("sd")] == ["单*"]
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    shop.ask(1, Till.tap, uid="04112233")
    assert shop.view().member is not None
    assert shop.view().member.member_id == chen  # type: ignore[union-attr]
    assert shop.audit() == ()


def test_the_same_table_twice_changes_nothing(shop: TestShop, tmp_path: Path) -> None:
    path = sheet(tmp_path / "m.csv", HEAD, ("13800138000", "陈大文", "1990-08-15", "金卡", "120", "88.50", "04112233"))
    assert carry_out(shop, plan(shop, path)) is None
    again = plan(shop, path)
    assert (again.new, again.changed, again.same, again.bad) == (0, 0, 1, [])
    path = sheet(tmp_path / "m.csv", HEAD, ("13800138000", "陈小文", "", "", "130", "88.50", ""))
    assert codes(plan(shop, path)) == {2: [("积分", "has_opening")]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_files_as_they_come(shop: TestShop, tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(f"手机号{delimiter}姓名\r\n13800138000{delimiter}陈大文\r\n".encode(encoding))
    made = plan(shop, path)
    assert (made.new, made.bad) == (1, [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("1380013800", "甲"), [("手机号", "phone_wrong")]),
        ((1.5, "甲"), [("手机号", "phone_wrong")]),
        ((datetime(2026, 1, 1), "甲"), [("手机号", "phone_wrong")]),
        ((True, "甲"), [("手机号", "phone_wrong")]),
        (("", "甲"), [("手机号", "missing")]),
        (("=1+1", "甲"), [("手机号", "formula")]),
        ((13800138000, '=HYPERLINK("http://x")'), [("姓名", "formula")]),
        ((13800138000, LONG), [("姓名", "text_wrong")]),
        ((13800138000, datetime(2026, 1, 1)), [("姓名", "text_wrong")]),
        ((13800138000, "甲", "15/08/1990"), [("生日", "birthday_wrong")]),
        ((13800138000, "甲", "1990-02-30"), [("生日", "birthday_wrong")]),
        ((13800138000, "甲", 33_100), [("生日", "birthday_wrong")]),
        ((13800138000, "甲", "soon"), [("生日", "birthday_wrong")]),
        ((13800138000, "甲", "", "platinum"), [("等级", "tier_unknown")]),
        ((13800138000, "甲", "", "", 1.5), [("积分", "count_wrong")]),
        ((13800138000, "甲", "", "", -5), [("积分", "count_wrong")]),
        ((13800138000, "甲", "", "", "many"), [("积分", "count_wrong")]),
        ((13800138000, "甲", "", "", "", 1.005), [("储值", "amount_wrong")]),
        ((13800138000, "甲", "", "", "", "-1"), [("储值", "amount_wrong")]),
        ((13800138000, "甲", "", "", "", "1e9"), [("储值", "amount_wrong")]),
        ((13800138000, "甲", "", "", "", "", "xyz"), [("卡号", "card_wrong")]),
        ((13800138000, "甲", "", "", "", "", "04badc01"), [("卡号", "card_of_staff")]),
        ((13800138000, "甲", "", "", "", "", "04a1b2c3"), [("卡号", "card_of_another")]),
        ((1380, LONG, "x", "y", "z", "w", "v"), [
            ("卡号", "card_wrong"), ("姓名", "text_wrong"), ("手机号", "phone_wrong"), ("生日", "birthday_wrong"),
            ("积分", "count_wrong"), ("等级", "tier_unknown"), ("储值", "amount_wrong"),
        ]),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named_with_its_reason(
    shop: TestShop, tmp_path: Path, line: tuple[object, ...], said: list[tuple[str, str]]
) -> None:
    made = plan(shop, book(tmp_path / "m.xlsx", HEAD, ("13800138009", "好的"), line))
    assert {number: sorted(found) for number, found in codes(made).items()} == {3: sorted(said)}
    assert not made.is_good
    assert all(slip_words(slip, Texts("zh-Hans", "CNY")) for _, _, slips in made.bad for slip in slips)


def test_the_same_phone_twice_is_said_at_the_second(shop: TestShop, tmp_path: Path) -> None:
    path = sheet(tmp_path / "m.csv", HEAD[:2], ("13800138000", "甲"), ("138-0013-8000", "乙"))
    assert codes(plan(shop, path)) == {3: [("手机号", "twice_in_file")]}


def test_bad_rows_come_back_with_their_reasons_and_obey_nobody(shop: TestShop, tmp_path: Path) -> None:
    path = book(tmp_path / "m.xlsx", HEAD, ("1380", '=cmd|"/c calc"!A1', "x"), ("13800138000", "好的"))
    made = plan(shop, path)
    target = tmp_path / "bad.csv"
    write_bad_rows(made, target, lambda slip: slip_words(slip, Texts("en", "CNY")), reason="what is wrong")
    found = list(csv.reader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    assert found[0] == [*HEAD, "what is wrong"]
    assert found[1][1] == '\'=cmd|"/c calc"!A1'
    assert "is no phone number (1380)" in found[1][-1]
    assert len(found) == 2


@pytest.mark.parametrize("text", ["=1", "+1+cmd", "-1+cmd", "@x", "\tx"])
def test_cells_that_a_spreadsheet_would_obey(text: str) -> None:
    assert safe_cell(text) == "'" + text
    assert safe_cell("-12.50") == "-12.50"


@pytest.mark.parametrize(
    ("value", "minor"),
    [("1,200.50", 120_050), ("12,50", 1_250), ("1,2", 120), (88.1, 8_810), (3, 300), ("￥5", 500), (0.1 + 0.2, None), (None, None)],
)  # fmt: skip
def test_amounts_as_they_are_written(value: Any, minor: int | None) -> None:
    assert as_minor(value) == minor


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), body)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, "old_excel"),
        (b"PK\x03\x04 and no more", "not_a_table"),
        (zipped(word__document_xml=b"<x/>"), "not_a_table"),
        (zipped(xl__workbook_xml=b"<x/>"), "not_a_table"),
        (zipped(xl__workbook_xml=b"x", bomb_xml=b"0" * (401 * 1024 * 1024)), "too_large"),
        (b"\x00\x01\x02\x03\xff", "not_a_table"),
        (b"\xff\xfe\x00", "not_a_table"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not_a_table"),
        ("手机号,姓名\n".encode() + b"13800138000," * 70, "too_many_columns"),
    ],
)  # fmt: skip
def test_files_that_are_no_tables(shop: TestShop, tmp_path: Path, body: bytes, code: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(body)
    with pytest.raises(SheetError) as raised:
        plan(shop, path)
    assert raised.value.code == code


def test_entities_are_not_followed(shop: TestShop, tmp_path: Path) -> None:
    """A workbook whose parts define entities within entities is refused, and its memory stays bounded."""
    bomb = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (ord("b") + n, b"&%c;" % (ord("a") + n) * 10) for n in range(12)
    ) + b"]><worksheet>&m;</worksheet>"  # fmt: skip
    path = book(tmp_path / "m.xlsx", HEAD, ("13800138000", "甲"))
    changed = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for part in old.infolist():
            new.writestr(part, bomb if part.filename.endswith("sheet1.xml") else old.read(part))
    with pytest.raises(SheetError):
        plan(shop, changed)


def test_too_many_rows(shop: TestShop, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("手机号\n" + "x\n" * 100_002)
    with pytest.raises(SheetError) as raised:
        plan(shop, path)
    assert raised.value.code == "too_many_rows"


@pytest.mark.parametrize(("head", "found"), [(("姓名",), "phone"), ((), "phone"), (("a", "b"), "phone")])
def test_a_table_without_what_it_needs(shop: TestShop, tmp_path: Path, head: tuple[str, ...], found: str) -> None:
    made = plan(shop, sheet(tmp_path / "m.csv", head or ("x",), ("1", "2")))
    assert [(slip.code, slip.found) for _, _, slips in made.bad for slip in slips] == [("column_missing", found)]


def test_nothing_is_half_brought_in(shop: TestShop, tmp_path: Path) -> None:
    """Somebody registers with a phone of the table between the dry run and the writing."""
    path = sheet(tmp_path / "m.csv", HEAD, *((f"1380013{n:04d}", "甲", "", "", "5", "1", "") for n in range(300)))
    made = plan(shop, path)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    shop.ask(1, register, phone="13800130299", name="先来")
    before = scalar(shop.parts.store.reads, "SELECT count(*) FROM person_word")
    assert isinstance(carry_out(shop, made), Stale)
    db = shop.parts.store.reads
    assert scalar(db, "SELECT count(*) FROM member") == 4
    assert scalar(db, "SELECT count(*) FROM transfer") == 0
    assert scalar(db, "SELECT count(*) FROM person_word") == before
    assert shop.audit() == ()


def test_cards_and_balances_of_members_who_are_here(shop: TestShop, tmp_path: Path) -> None:
    cards = sheet(tmp_path / "c.csv", ("会员码", "卡号"), ("M1001", "04:99:88:77"), ("M9999", "04998876"))
    assert codes(plan(shop, cards, "cards")) == {3: [("会员码", "member_unknown")]}
    cards = sheet(tmp_path / "c.csv", ("会员码", "卡号"), ("M1001", "04:99:88:77"))
    assert carry_out(shop, plan(shop, cards, "cards")) is None
    assert stored_cards.card(shop.parts.store.reads, "04998877") is not None
    balances = sheet(tmp_path / "b.csv", ("手机", "积分", "积分到期"), ("13812345678", "50", "2026-12-31"))
    assert carry_out(shop, plan(shop, balances, "balances")) is None
    lots = rows(shop.parts.store.reads, "SELECT remaining, expires_ms FROM lot WHERE account = 'member/li'")
    assert [amount for amount, _ in lots] == [50]
    assert shop.clock.local(lots[0][1]).isoformat() == "2027-01-01T00:00:00"


def test_items_with_codes_and_prices(shop: TestShop, tmp_path: Path) -> None:
    head = ("货号", "条码", "名称", "售价", "会员价", "单位", "税率", "分类")
    path = book(
        tmp_path / "i.xlsx", head,
        ("tea", 6901234567007, "龙井茶", 88, 80.5, "罐", "13%", "茶叶"),
        ("pen", "", "水笔", 3, None, "支", 13, "office"),
        ("bad", "6901234567893", "坏条码", 1, None, "", "", ""),
        ("cola2", "6901234567892", "别人的条码", 1, None, "", "", ""),
        ("free", "", "没有价格", None, None, "", "", ""),
    )  # fmt: skip
    made = plan(shop, path, "items")
    assert codes(made) == {
        4: [("条码", "code_wrong")], 5: [("条码", "code_of_item")], 6: [("售价", "missing")],
    }  # fmt: skip
    path = book(tmp_path / "i.xlsx", head, ("tea", 6901234567007, "龙井茶", 88, 80.5, "罐", "13%", "茶叶"),
                ("pen", "", "水笔", 3, None, "支", 13, "office"))  # fmt: skip
    made = plan(shop, path, "items")
    assert (made.new, made.changed, made.bad) == (1, 1, [])
    assert carry_out(shop, made) is None
    found = catalog.item(shop.parts.store.reads, "tea", now_ms=shop.clock.now_ms())
    assert found is not None
    assert (found[0].price, found[0].tier_prices[""], found[0].tax_bp) == (8_800, 8_050, 1_300)
    assert [each.sku for each in shop.parts.reads.search_items("ljc")] == ["tea"]
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    shop.ask(1, Till.scan, text="6901234567007")
    assert shop.view().gross == 8_800


def test_items_whose_price_or_buyer_is_asked_for(shop: TestShop, tmp_path: Path) -> None:
    head = ("货号", "名称", "售价", "开价", "最低价", "最高价", "年龄限制")
    path = book(
        tmp_path / "i.xlsx", head, ("rose", "玫瑰", None, "是", 5, 200, ""), ("wine", "红酒", 99, "", "", "", 18),
        ("bad", "倒过来", None, "是", 20, 10, ""), ("old", "太老", 1, "", "", "", 120),
    )  # fmt: skip
    made = plan(shop, path, "items")
    assert codes(made) == {4: [("最高价", "below_least")], 5: [("年龄限制", "age_wrong")]}
    path = book(
        tmp_path / "i.xlsx", head, ("rose", "玫瑰", None, "是", 5, 200, ""), ("wine", "红酒", 99, "", "", "", 18)
    )
    assert carry_out(shop, plan(shop, path, "items")) is None
    assert plan(shop, path, "items").same == 2
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    assert shop.ask(1, Till.add_item, sku="rose").code == "needs_price_between"
    shop.dismiss()
    assert shop.ask(1, Till.add_item, sku="wine").code == "age_asked"
    # A table that says nothing of it leaves it as it is.
    path = book(tmp_path / "i.xlsx", ("货号", "名称", "售价"), ("wine", "红酒", 109))
    assert carry_out(shop, plan(shop, path, "items")) is None
    shop.dismiss()
    assert shop.ask(1, Till.add_item, sku="wine").code == "age_asked"


def test_nothing_personal_leaves_with_an_import(shop: TestShop, tmp_path: Path) -> None:
    path = sheet(tmp_path / "m.csv", HEAD, ("13800138000", "陈大文", "", "", "120", "88.50", ""))
    assert carry_out(shop, plan(shop, path)) is None
    db = shop.parts.store.reads
    told = b"".join(body for (body,) in rows(db, "SELECT body FROM outbox")).decode()
    written = "".join(f"{a}{b}" for a, b in rows(db, "SELECT subject, detail FROM audit"))
    assert "imported" in told
    assert "opening" in told
    for text in ("13800138000", "陈大文"):
        assert text not in told + written


def test_the_commands(tmp_path: Path) -> None:
    shop = TestShop(tmp_path / "shop")
    config = str(tmp_path / "shop/taptill.toml")
    good = sheet(tmp_path / "m.csv", HEAD, ("13800138000", "陈大文", "1990-8-15", "", "120", "88.50", ""))
    run = CliRunner().invoke
    dry = run(main, ["import", "members", str(good), "--config", config, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "1 rows: 1 new" in dry.output
    assert "nothing was written" in dry.output
    with shop:
        busy = run(main, ["import", "members", str(good), "--config", config])
        assert busy.exit_code == 1
        assert "back office" in busy.output
    done = run(main, ["import", "members", str(good), "--config", config])
    assert done.exit_code == 0, done.output
    bad = sheet(tmp_path / "bad.csv", HEAD, ("138", "乙"))
    refused = run(main, ["import", "members", str(bad), "--config", config])
    assert refused.exit_code == 1
    assert "row 2: 手机号: is no phone number (138)" in refused.output
    assert (tmp_path / "bad.csv.bad.csv").stat().st_mode & 0o777 == 0o600
    none = run(main, ["import", "members", str(tmp_path / "nothing.csv"), "--config", config])
    assert "cannot be read" in none.output
    out = run(main, ["export", str(tmp_path / "all.zip"), "--config", config])
    assert out.exit_code == 0, out.output
    assert (tmp_path / "all.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        found = list(csv.DictReader(io.StringIO(packed.read("members.csv").decode("utf-8-sig"))))
        assert {"sales.csv", "transfers.csv", "journal.csv", "items.csv"} <= set(packed.namelist())
    chen = next(each for each in found if each["phone"] == "13800138000")
    assert (chen["name"], chen["points"], chen["money"], chen["birthday"]) == ("陈大文", "120", "88.50", "1990-08-15")
    assert run(main, ["export", str(tmp_path / "all.zip"), "--config", config]).exit_code == 1, "it is there already"


def test_what_went_out_comes_in_again(tmp_path: Path) -> None:
    one, two = TestShop(tmp_path / "one"), TestShop(tmp_path / "two")
    run = CliRunner().invoke
    assert run(main, ["export", str(tmp_path / "a.zip"), "--config", str(one.folder / "taptill.toml")]).exit_code == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        packed.extract("members.csv", tmp_path)
    again = run(
        main, ["import", "members", str(tmp_path / "members.csv"), "--config", str(two.folder / "taptill.toml")]
    )
    assert again.exit_code == 0, again.output
    assert "0 new" in again.output


def test_a_formula_is_kept_as_its_text(tmp_path: Path) -> None:
    path = book(tmp_path / "m.xlsx", ("=A2",))
    assert [cells[0] for _, cells in open_sheet(path).rows()] == [Formula("=A2")]
