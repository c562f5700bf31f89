"""What no device and nobody should send, sent to the installed program over real wires; the selling goes on."""

from __future__ import annotations

import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from drivers.mqtt_link import Callbacks, MqttLink
from edge.messages import StoreState, state_topic, up_topic
from tests.brokers import Mosquitto
from tests.main_job.screen import Screen
from tests.main_job.shop import (
    ANNA_CARD_DECIMAL,
    CASHIER,
    CASHIER_PIN,
    HOSTILE,
    HOSTILE_CARD,
    PEACH_CODE,
    PIN,
    TEA_CODE,
    Shop,
    rows,
)
from tests.main_job.wires import EV_KEY
from tests.offices import TENANT, OfficeProcess, event, wait_for

pytestmark = [pytest.mark.broker, pytest.mark.browser, pytest.mark.slow]

MEGABYTE = 1_000_000
REPLUG_S = 3.0
"""A scanner that is plugged in again works within that time; most of it is the screen's."""


def test_rubbish_on_the_wires(shop: Shop, open_screen: Callable[[str], Screen]) -> None:
    shop.start()
    screen = open_screen(shop.url)
    screen.sign_in(CASHIER, CASHIER_PIN)
    shop.scanner.scan(TEA_CODE)
    screen.lines("1 瓶")

    shop.scanner.send(b"\xff\xfe\xfd\r\n")  # neither UTF-8 nor GB18030: dropped, 1
    shop.scanner.send(b"9" * MEGABYTE + b"\r\n")  # without an end: dropped, 2
    shop.scanner.send(b"\x00" * 4_096 + b"\x1b[2J\x07\x00\r\n")  # NUL and controls are taken out; the rest is a text
    screen.shows("#banner.bad", "[2J")
    screen.tap('#banner [data-do="dismiss"]')
    shop.scanner.send(b"\x0069012\x0034567892\x00\r\n")
    screen.lines("2 瓶")

    reader, dice = shop.cards, random.Random(7)
    reader.send(reader.key("a") * (MEGABYTE // 144))  # 7,000 letters and no Enter: dropped, 1
    reader.tap("")
    noise = [(dice.randrange(256), dice.randrange(65_536), dice.randrange(-(2**31), 2**31)) for _ in range(2_000)]
    reader.send(reader.records(*(each for each in noise if each[0] != EV_KEY)))
    reader.send(b"".join(map(reader.key, "26626")) + reader.lost())  # the kernel lost the rest: dropped, 2
    reader.tap("zz")  # typed whole and no UID: dropped, 3
    screen.is_gone(".member")
    reader.tap(ANNA_CARD_DECIMAL)
    screen.shows(".member", "陈**")

    screen.tap('[data-panel="settings"]')
    screen.shows('.device:has-text("scanner-1")', "丢弃 2 条")
    screen.shows('.device:has-text("cards-1")', "丢弃 3 条")
    screen.shot("21-dropped")
    screen.tap("#panel [data-close]")

    shop.scanner.unplug()
    screen.device("scanner-1", "bad")
    screen.shot("22-unplugged")
    shop.scanner.plug()
    plugged_s = time.monotonic()
    screen.device("scanner-1", "good")
    assert time.monotonic() - plugged_s < REPLUG_S
    shop.scanner.scan(TEA_CODE)
    screen.lines("3 瓶")
    assert screen.errors == []


def test_names_are_text_and_paper_runs_out(
    shop: Shop, broker: Mosquitto, office: OfficeProcess, open_screen: Callable[[str], Screen], tmp_path: Path
) -> None:
    hq = tmp_path / "hq" / "hq.db"
    shop.start()
    screen = open_screen(shop.url)
    screen.sign_in(CASHIER, CASHIER_PIN)
    shop.printer.trouble = "paper_out"
    screen.device("printer-1", "bad")
    screen.shows("#strip", "缺纸")

    shop.scanner.scan(PEACH_CODE)
    screen.lines("<b id=oops>蜜桃</b>.*DROP TABLE sale")
    shop.cards.tap(HOSTILE_CARD)
    screen.shows(".member", "<b")
    screen.shot("31-hostile-names")
    screen.to_pay()
    screen.pay_cash("5.00")
    screen.stage("done")
    screen.shows("#done", "缺纸")
    screen.shot("32-out-of-paper")
    # The drawer opened all the same, past the buffer that waits for paper.
    wait_for(shop.kicks)
    assert (list(shop.printer.jobs), shop.kicks()) == ([b"\x10\x14\x01\x00\x01"], [2])

    wait_for(lambda: rows(hq, "SELECT name FROM sale_line") == [(HOSTILE,)])
    shop.printer.trouble = ""
    wait_for(shop.papers)
    screen.device("printer-1", "good")
    wait_for(lambda: shop.rows("SELECT state FROM print_job") == [("printed",), ("printed",)])
    [paper] = shop.papers()
    assert re.search(r"<b id=oops>蜜桃</b>.*'\); DROP TABLE", paper.text())
    assert (shop.kicks(), paper.unknown) == ([2], ())
    assert [line.text.split() for line in paper.lines if line.double] == [["好邻居便利店"], ["合计", "￥3.00"]]

    tell_rubbish(broker)
    wall = open_screen(f"http://127.0.0.1:{office.wall_port}/")
    wall.shows(".notes", "S666", "不是有效的 JSON", "source is '<b id=oops>'")
    wall.shows('.store:has-text("S666") .devices', "<b id=oops>")
    wall.shot("33-wall")
    for page in (screen, wall):
        page.is_gone("#oops")
        assert page.errors == []
    assert rows(hq, "SELECT store, reason FROM set_aside ORDER BY reason") == [
        ("S666", "not_json"),
        ("S666", "wrong_name"),
    ]

    # The stream of the honest store goes on.
    shop.scanner.scan(TEA_CODE)
    screen.lines("乌龙茶")
    screen.to_pay()
    screen.pay_cash()
    screen.stage("done")
    wait_for(lambda: rows(hq, "SELECT total FROM sale ORDER BY seq") == [(300,), (500,)])


def tell_rubbish(broker: Mosquitto) -> None:
    """Be a store that is broken, or somebody who is no store."""
    up: list[bool] = []
    taken: list[int] = []
    callbacks = Callbacks(on_up=lambda: up.append(True), on_published=lambda mid, _reason: taken.append(mid))
    link = MqttLink("rubbish", "127.0.0.1", broker.port, callbacks=callbacks, reconnect_max_s=0.2)
    link.start()
    wait_for(lambda: up)
    link.publish(up_topic(TENANT, "S666", "sale"), b"{<b id=oops>\x00\xff\x1b@")
    link.publish(up_topic(TENANT, "S666", "sale"), event(1, b"{}", source="<b id=oops>"))
    state = StoreState(online=True, boot="b", version="1", epoch="e1", devices={"<b id=oops>": "ok"})
    link.publish(state_topic(TENANT, "S666"), msgspec.json.encode(state), retain=True)
    wait_for(lambda: len(taken) == 3)
    link.stop()


def test_wrong_pins_are_counted_across_a_restart(shop: Shop, open_screen: Callable[[str], Screen]) -> None:
    shop.start()
    screen = open_screen(shop.url)
    screen.try_pin(CASHIER, "0000")
    screen.shows("#lock-notice", "1 ")
    screen.try_pin(CASHIER, "0000")
    screen.shows("#lock-notice", "30 ")
    screen.shot("41-throttled")
    shop.end(signal.SIGKILL)
    screen.is_shown("#offline")
    shop.start()
    screen.is_hidden("#offline")
    # Even the right PIN waits, and that at this person only.
    screen.try_pin(CASHIER, CASHIER_PIN)
    screen.shows("#lock-notice", "秒")
    screen.stage("locked")
    screen.sign_in("01", PIN)
    # The third one came during the wait, when no PIN is looked at.
    assert shop.rows("SELECT count(*) FROM audit WHERE action = 'pin_wrong'") == [(2,)]
    assert screen.errors == []
