"""The wall as a browser gets it: what it shows, in which language, and what it never lets through."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from edge.messages import StoreState, encode_body
from hq.clock import Clock
from hq.config import WallConfig
from hq.envelope import Reason, read
from hq.store.database import HqDatabase
from hq.store.incoming import keep
from hq.web.app import create_app, trusted_hosts
from hq.web.server import WallServer
from hq.web.words import DEVICE_STATES, LANGUAGES, REASONS, device_tone, moment, money, translator
from tests.offices import NOON_MS, chain, database, event, sale_body

MARKUP = '<img src=x onerror="alert(1)">'
CLOCK = Clock(fixed_ms=NOON_MS)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[HqDatabase]:
    found = database(tmp_path)
    yield found
    found.close()


@pytest.fixture
def browser(db: HqDatabase) -> FlaskClient:
    return create_app(database=db, config=WallConfig(), clock=CLOCK, is_receiving=lambda: True).test_client()


def fill(db: HqDatabase) -> None:
    messages = [read("taptill/v1/demo/S1/up/sale", payload, "demo") for payload in [*chain(2), b"rubbish"]]
    state = StoreState(
        online=True, epoch="e1", waiting=3, devices={"scanner": "ok", "printer": "paper_out", MARKUP: MARKUP}
    )
    keep(db, [message for message in messages if message], {"S1": state}, at_ms=NOON_MS)


def test_an_empty_wall(browser: FlaskClient) -> None:
    answer = browser.get("/")
    assert answer.status_code == 200
    assert "还没有门店上报" in answer.text


def test_a_store_on_the_wall(db: HqDatabase, browser: FlaskClient) -> None:
    fill(db)
    text = re.sub(r"<[^>]+>", " ", browser.get("/wall").text)
    for words in ("S1", "在线", "¥20.00", "¥10.00", "S1-1-20261122-0002", "缺纸", "不是有效的 JSON"):
        assert words in text, words
    assert re.search(r"待传消息\s+3", text)
    assert re.search(r"已搁置\s+1", text)


def test_the_words_of_a_store_are_text_and_never_markup(db: HqDatabase, browser: FlaskClient) -> None:
    fill(db)
    number = '<script>alert("n")</script>'
    message = read("taptill/v1/demo/S1/up/sale", event(3, encode_body(sale_body(3, receipt_number=number))), "demo")
    assert message is not None
    keep(db, [message], {}, at_ms=NOON_MS)
    text = browser.get("/").text
    assert "<img src=x" not in text
    assert '<script>alert("n")' not in text
    assert "&lt;img src=x" in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("language", "word"), [("zh-Hans", "今日收款"), ("zh-Hant", "待傳訊息"), ("en", "Takings today")]
)
def test_the_language_is_switched_and_remembered(browser: FlaskClient, language: str, word: str) -> None:
    first = browser.get(f"/?lang={language}")
    assert word in first.text
    assert f'lang="{language}"' in first.text
    assert word in browser.get("/wall").text


def test_an_unknown_language_or_theme_changes_nothing(browser: FlaskClient) -> None:
    answer = browser.get('/?lang="><b>&theme=../x')
    assert answer.status_code == 200
    assert "今日收款" in answer.text
    assert 'data-theme="auto"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_dark_is_remembered(browser: FlaskClient) -> None:
    browser.get("/?theme=dark")
    assert 'data-theme="dark"' in browser.get("/").text


def test_every_text_is_translated() -> None:
    for language in ("zh-Hans", "zh-Hant"):
        text = translator(language)
        # JSON is called the same everywhere; each of these is a sentence.
        assert [words for words in {*REASONS.values(), *DEVICE_STATES.values()} if text(words) == words] == []
    assert set(REASONS) >= set(Reason)
    assert set(LANGUAGES) == {"zh-Hans", "zh-Hant", "en"}


def test_nothing_comes_from_elsewhere(browser: FlaskClient) -> None:
    answer = browser.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)
    assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", answer.text)


def test_another_name_of_this_machine_is_refused(browser: FlaskClient) -> None:
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert browser.get("/", headers={"Host": "127.0.0.1:8490"}).status_code == 200


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (WallConfig(), ["127.0.0.1", "[::1]", "localhost"]),
        (WallConfig(host="10.0.0.5"), ["10.0.0.5", "127.0.0.1", "[::1]", "localhost"]),
        (WallConfig(host="0.0.0.0", names=("wall.shop",)), ["127.0.0.1", "[::1]", "localhost", "wall.shop"]),
    ],
)
def test_the_names_it_answers_to(config: WallConfig, expected: list[str]) -> None:
    assert trusted_hosts(config) == expected


def test_head_office_without_a_broker_says_so(db: HqDatabase) -> None:
    app = create_app(database=db, config=WallConfig(), clock=CLOCK, is_receiving=lambda: False)
    assert "总部与消息服务器断开" in app.test_client().get("/").text
    assert app.test_client().get("/health").status_code == 503


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "CNY", "¥0.00"),
        (5, "CNY", "¥0.05"),
        (123_456_789, "CNY", "¥1,234,567.89"),
        (-150, "HKD", "-HK$1.50"),
        (1_200, "JPY", "¥1,200"),  # has no minor unit
        (100, "XAU", "XAU 1.00"),  # a currency without a sign of its own
    ],
)
def test_money(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 22, 9, 5), "09:05"),
        (datetime(2026, 11, 21, 23, 59), "11-21 23:59"),
        (datetime(2025, 12, 31, 8, 0), "2025-12-31"),
    ],
)
def test_moments(at: datetime, text: str) -> None:
    assert moment(at, datetime(2026, 11, 22, 12, 0)) == text


@pytest.mark.parametrize(
    ("state", "tone"), [("ok", "good"), ("paper_low", "calm"), ("gone", "bad"), ("never heard", "bad")]
)
def test_device_tones(state: str, tone: str) -> None:
    assert device_tone(state) == tone


def test_the_server_answers_on_a_real_socket_and_stops(db: HqDatabase) -> None:
    fill(db)
    app = create_app(database=db, config=WallConfig(), clock=CLOCK, is_receiving=lambda: True)
    server = WallServer(app, host="127.0.0.1", port=0)
    server.start()
    address = f"http://127.0.0.1:{server.port}"
    with urllib.request.urlopen(f"{address}/static/wall.css", timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/css")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}/static/../app.py", timeout=5)
    assert refused.value.code == 404
    refused.value.close()
    server.stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=1)
