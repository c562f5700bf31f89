"""Tables at the back office: sent, tried, said row by row, brought in; for managers, and never half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from edge.clock import monotonic_s
from edge.importing import Stage
from edge.store import people
from edge.till import Till
from edge.web.imports import ImportRoom
from tests.edge.web.browserless import Visitor
from tests.shops import TestShop

BOUNDARY = "----table"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestShop]:
    with TestShop(tmp_path) as running:
        running.ask(1, Till.sign_in, staff_id="zhang", pin="1234")
        yield running


def room(shop: TestShop) -> ImportRoom:
    return shop.parts.imports


def wait(shop: TestShop) -> Stage:
    end = monotonic_s() + 20
    while room(shop).state.stage in (Stage.READING, Stage.WRITING) and monotonic_s() < end:
        sleep(0.02)
    return room(shop).state.stage


def send(visitor: Visitor, body: bytes, *, kind: str = "members", name: str = "m.csv") -> tuple[int, str]:
    _, text = visitor.get("/lane/1/office/imports")
    token = visitor.token(text)
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    sent = (
        f'{head}csrf_token"\r\n\r\n{token}\r\n{head}kind"\r\n\r\n{kind}\r\n'
        f'{head}file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
    ).encode() + body + f"\r\n--{BOUNDARY}--\r\n".encode()  # fmt: skip
    return visitor.send("/lane/1/office/imports/send", sent, f"multipart/form-data; boundary={BOUNDARY}")


def press(visitor: Visitor, verb: str) -> tuple[int, str]:
    _, text = visitor.get("/lane/1/office/imports")
    return visitor.post(f"/lane/1/office/imports/{verb}", f"csrf_token={visitor.token(text)}")


GOOD = "手机号,姓名\n13800138000,陈大文\n13800138001,单丹\n".encode()
BAD = "手机号,姓名\n13800138000,陈大文\n138,<script>alert(1)</script>\n".encode()


def test_a_table_is_tried_and_then_brought_in(shop: TestShop) -> None:
    visitor = Visitor(shop)
    assert send(visitor, GOOD)[0] == 200
    assert wait(shop) is Stage.PLANNED
    _, text = visitor.get("/lane/1/office/imports")
    assert "全部导入" in text
    assert people.by_phone(shop.parts.store.reads, "13800138000") is None
    press(visitor, "apply")
    assert wait(shop) is Stage.DONE
    assert "已导入：新增 2" in visitor.get("/lane/1/office/imports")[1]
    assert people.by_phone(shop.parts.store.reads, "13800138000") is not None
    assert not (shop.folder / "data/import/sheet").exists(), "nobody's data is left lying about"


def test_bad_rows_are_shown_and_saved_and_nothing_comes_in(shop: TestShop) -> None:
    visitor = Visitor(shop)
    send(visitor, BAD)
    assert wait(shop) is Stage.PLANNED
    _, text = visitor.get("/lane/1/office/imports")
    assert "全部导入" not in text
    assert "不是手机号 (138)" in text
    assert "<script>alert" not in text
    status, saved = visitor.get("/lane/1/office/imports/bad.csv")
    assert status == 200
    assert "不是手机号 (138)" in saved
    press(visitor, "apply")
    assert wait(shop) is Stage.PLANNED
    assert people.by_phone(shop.parts.store.reads, "13800138000") is None
    press(visitor, "drop")
    assert room(shop).state.stage is Stage.NONE
    assert visitor.get("/lane/1/office/imports/bad.csv")[0] == 404


@pytest.mark.parametrize(("body", "said"), [(b"", "没有内容"), (b"PK\x03\x04", "已损坏"), (b"\x00\x00", "已损坏")])
def test_what_is_no_table_says_why(shop: TestShop, body: bytes, said: str) -> None:
    visitor = Visitor(shop)
    send(visitor, body)
    assert wait(shop) is Stage.FAILED
    assert said in visitor.get("/lane/1/office/imports")[1]


def test_it_is_for_managers(shop: TestShop) -> None:
    visitor = Visitor(shop)
    shop.ask(1, Till.sign_out)
    shop.ask(1, Till.sign_in, staff_id="chen", pin="5678")
    for path in ("", "/state", "/bad.csv", "/everything.zip"):
        assert visitor.get(f"/lane/1/office/imports{path}")[0] == 403


def test_only_the_page_for_files_takes_large_ones(shop: TestShop) -> None:
    visitor = Visitor(shop)
    large = GOOD + "".join(f"1380014{n:04d},甲,{'x' * 200}\n" for n in range(9_000)).encode()
    assert len(large) > 1024 * 1024
    assert send(visitor, large)[0] == 200
    assert wait(shop) is Stage.PLANNED
    body = json.dumps({"text": "x" * 2_000_000}).encode()
    assert visitor.send("/lane/1/do/scan", body, "application/json")[0] == 413


def test_everything_goes_out_and_the_journal_says_who(shop: TestShop) -> None:
    status, text = Visitor(shop).get("/lane/1/office/imports/everything.zip")
    assert status == 200
    assert text.startswith("PK")
    action, staff_id = shop.parts.store.reads.execute_sql(
        "SELECT action, staff_id FROM audit ORDER BY audit_no DESC LIMIT 1"
    ).fetchone()
    assert (action, staff_id) == ("exported_all", "zhang")
    assert [path.name for path in (shop.folder / "data").iterdir() if path.is_dir()] == []
