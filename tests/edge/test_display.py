"""What customers see of a lane, in which language, and which pictures are fit for it."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from PIL import Image

from edge.display import DisplayView, Face, display_view
from edge.display_slides import BYTES_MAX, FILES_MAX, LOOK_EVERY_S, Slide, SlideFolder, look, look_at
from edge.display_tongue import ALONE_S, Tongues
from edge.display_words import is_for_all, is_today
from edge.screen import ApprovalView, MemberView, Refusal, StaffView, TillView
from edge.screen_back import BackLineView
from edge.weights import LiveWeight, WeightState, WeighView
from rules.basket import Names
from rules.calendar_cn import Calendar
from rules.promotions import RuleSet, load_rules
from tests.edge.web.display_preview import CHECKED
from tests.edge.web.preview import GIFTS, MEMBER, done, line, paying, selling


def shown(view: TillView, *, since_s: float = 0, thanks_s: float = 30, shows_stored_value: bool = False) -> DisplayView:
    return display_view(view, since_s=since_s, thanks_s=thanks_s, shows_stored_value=shows_stored_value)


@pytest.mark.parametrize(
    ("view", "since_s", "face"),
    [
        (TillView(lane=1), 0, Face.CLOSED),  # nobody is signed in
        (selling(), 0, Face.IDLE),  # an open lane, nothing scanned
        (selling(1), 0, Face.BASKET),
        (selling(1, is_training=True), 0, Face.LEARNING),
        (selling(is_checking=True, checked=CHECKED), 0, Face.BASKET),  # somebody asks what it costs
        (selling(is_checking=True), 0, Face.IDLE),
        (selling(0, member=MEMBER, sale_id="01sale"), 0, Face.BASKET),  # greeted before the first item
        (paying(), 0, Face.PAYING),
        (done(), 0, Face.THANKS),
        (done(), 29.9, Face.THANKS),
        (done(), 30, Face.IDLE),  # although the cashier has not pressed anything yet
    ],
)
def test_which_face_a_display_shows(view: TillView, since_s: float, face: Face) -> None:
    assert shown(view, since_s=since_s).face is face


def test_when_the_thanks_are_over_nothing_of_the_customer_is_left() -> None:
    assert shown(replace(done(), member=MEMBER), since_s=30) == DisplayView(1, Face.IDLE)


@pytest.mark.parametrize(
    "changes",
    [
        {"staff": StaffView("s9", "别人", "cashier")},
        {"notice": Refusal("proof_needed")},
        {"blocked": Refusal("unknown_code", {"text": "6901234567892"}), "waiting_scans": 3},
        {"approval": ApprovalView(1, "void_line", 500, 0, "damaged", ())},
        {"card_offered": "ffff"},
        {"can_undo": False, "quantity_next": 3},
    ],
)
def test_what_is_between_the_till_and_its_staff_changes_nothing(changes: dict[str, object]) -> None:
    view = selling(2, member=MEMBER)
    assert shown(replace(view, **changes)) == shown(view)  # type: ignore[arg-type]


def test_no_word_of_the_file_but_what_is_named_reaches_the_display() -> None:
    secret = MemberView(
        **{field.name: getattr(MEMBER, field.name) for field in dataclasses.fields(MEMBER)}
        | {"member_id": "SECRET-id", "birthday": "SECRET-day", "last_visit": "SECRET-visit", "visits": 987_654_321}
    )
    view = replace(selling(2, member=secret, sale_id="01sale"), staff=StaffView("SECRET-s", "SECRET-name", "owner"))
    said = repr(shown(view, shows_stored_value=True))
    assert "SECRET" not in said
    assert "987654321" not in said
    assert "张*丽" in said


def test_stored_value_is_there_only_where_the_shop_shows_it() -> None:
    view = selling(1, member=MEMBER)
    hidden, told = shown(view).member, shown(view, shows_stored_value=True).member
    assert hidden is not None
    assert told is not None
    assert (hidden.stored_value, told.stored_value) == (None, 20_050)


def test_a_price_that_was_changed_by_hand_is_a_saving_and_says_no_reason() -> None:
    cheaper = line(0, 2, list_price=350, unit_price=300, gross=600, net=600, is_by_hand=True)
    (only,) = shown(selling(1, lines=(cheaper,))).lines
    assert (only.gross, only.net, only.savings) == (700, 600, ())


def test_what_comes_back_stands_among_the_lines_and_only_the_rest_is_due() -> None:
    back = BackLineView("b1", Names("水笔"), "支", 2, None, 500, "0001", is_restocked=True)
    shown = selling(1)
    found = display_view(
        replace(shown, back=(back,), back_amount=500), since_s=0, thanks_s=30, shows_stored_value=False
    )
    assert (found.lines[-1].net, found.lines[-1].is_back) == (-500, True)
    assert (found.total, found.back_amount) == (shown.total, 500)
    # Nothing goes along: it is a customer's business all the same.
    alone = replace(selling(), back=(back,), back_amount=500)
    assert display_view(alone, since_s=0, thanks_s=30, shows_stored_value=False).face is Face.BASKET


@pytest.mark.parametrize(
    "changes",
    [{"is_sold": False}, {"expired": date(2026, 11, 1)}, {"is_open_price": True}, {"price": -1}],
)
def test_what_is_not_for_sale_is_no_customers_business(changes: dict[str, object]) -> None:
    checked = replace(CHECKED, **changes)  # type: ignore[arg-type]
    assert shown(selling(is_checking=True, checked=checked)) == DisplayView(1, Face.IDLE)
    assert shown(selling(checked=CHECKED)).asked is None  # the price check has ended


@pytest.mark.parametrize(
    ("live", "net_g", "tare_g", "amount"),
    [
        (LiveWeight(WeightState.READY, 572, 40), 532, 40, 681),
        (LiveWeight(WeightState.SOLD, 532), 532, 0, 681),
        (LiveWeight(WeightState.MOVING, 540, 40), 500, 40, None),  # no price before it is at rest
        (LiveWeight(WeightState.MOVING), None, 0, None),
        (LiveWeight(WeightState.EMPTY, 0), 0, 0, None),
        (LiveWeight(WeightState.UNDER, 0, 40), 0, 40, None),
        (LiveWeight(WeightState.SILENT, 532), None, 0, None),
        (LiveWeight(WeightState.ERROR), None, 0, None),
        (LiveWeight(WeightState.GONE), None, 0, None),
        (None, None, 0, None),
    ],
)
def test_what_lies_on_the_scale(live: LiveWeight | None, net_g: int | None, tare_g: int, amount: int | None) -> None:
    view = selling(1, weighing=WeighView("apple", Names("苹果"), 1_280))
    asked = display_view(view, since_s=0, thanks_s=30, shows_stored_value=False, live=live).asked
    assert asked is not None
    assert (asked.net_g, asked.tare_g, asked.amount) == (net_g, tare_g, amount)


def test_gifts_come_after_what_is_bought() -> None:
    lines = shown(replace(selling(2), gifts=GIFTS)).lines
    assert [(each.net, each.is_gift) for each in lines] == [(350, False), (400, False), (0, True)]
    assert lines[2].note == GIFTS[0].promotion_names


# --- language --------------------------------------------------------------------------------------------------------


def at(sale_id: str) -> DisplayView:
    return DisplayView(1, Face.BASKET if sale_id else Face.IDLE, sale_id)


@pytest.mark.parametrize(
    ("chosen_at", "then", "after_s", "language"),
    [
        ("", ["", "sale-a", "sale-a"], 1, "en"),  # chosen before the first item: it is theirs
        ("sale-a", ["sale-a"], 3_600, "en"),  # however long they take
        ("sale-a", ["sale-a", ""], 1, "zh-Hant"),  # they have gone
        ("sale-a", ["sale-b"], 1, "zh-Hant"),  # the next one is served already
        ("", ["", "sale-a", "sale-b"], 1, "zh-Hant"),
        ("", [""], ALONE_S - 1, "en"),
        ("", [""], ALONE_S, "zh-Hant"),  # nobody followed
        ("", ["sale-a"], ALONE_S, "zh-Hant"),  # whoever comes now is somebody else
        ("sale-a", ["", "sale-a"], 1, "en"),  # the lane was locked meanwhile
    ],
)
def test_a_choice_lasts_as_long_as_its_customer(chosen_at: str, then: list[str], after_s: float, language: str) -> None:
    tongues = Tongues({1: "zh-Hant", 2: "zh-Hans"})
    assert tongues.language(at(chosen_at), now_s=0) == "zh-Hant"
    tongues.choose(1, "en", sale_id=chosen_at, now_s=0)
    for sale_id in then[:-1]:
        tongues.language(at(sale_id), now_s=0)
    assert tongues.language(at(then[-1]), now_s=after_s) == language
    assert tongues.language(DisplayView(2, Face.IDLE), now_s=after_s) == "zh-Hans"


# --- slides ----------------------------------------------------------------------------------------------------------


def picture(path: Path, size: tuple[int, int] = (400, 300)) -> Path:
    Image.new("RGB", size, "#2f6f5a").save(path)
    return path


@pytest.mark.parametrize("name", ["a.png", "b.jpg", "c.jpeg", "d.webp", "E.PNG", "春 茶.png"])
def test_pictures_are_shown(tmp_path: Path, name: str) -> None:
    picture(tmp_path / name)
    slides, wrong = look_at(tmp_path)
    assert ([slide.name for slide in slides], wrong) == ([name], [])


def _big(path: Path) -> None:
    picture(path).write_bytes(path.read_bytes() + b"\0" * BYTES_MAX)


def _moving(path: Path) -> None:
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)


def _bomb(path: Path) -> None:
    # A head that says 60,000 by 60,000 pixels; PIL would need 10 GB for them.
    picture(path)
    data = bytearray(path.read_bytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "make", "why"),
    [
        ("script.svg", lambda path: path.write_text("<svg onload='alert(1)'/>"), "its name"),
        ("page.png", lambda path: path.write_text("<html><script>alert(1)</script>"), "no such picture"),
        ("really.gif", lambda path: Image.new("P", (300, 300)).save(path), "its name"),
        ("renamed.png", lambda path: Image.new("P", (300, 300)).save(path, "GIF"), "no such picture"),
        ("cut.png", lambda path: path.write_bytes(picture(path).read_bytes()[:60]), "cannot be read"),
        ("empty.png", lambda path: path.touch(), "no such picture"),
        ("wide.png", lambda path: picture(path, (5_000, 300)), "5000 × 300 pixels"),
        ("tiny.png", lambda path: picture(path, (64, 64)), "64 × 64 pixels"),
        ("big.png", _big, "bytes"),
        ("flash.png", _moving, "a moving picture"),
        ("flash.webp", _moving, "a moving picture"),
        ("bomb.png", _bomb, "decompression bomb"),
        ("a" * 130 + ".png", picture, "its name"),
    ],
)
def test_what_is_no_picture_is_not_shown_and_says_why(tmp_path: Path, name: str, make: object, why: str) -> None:
    make(tmp_path / name)  # type: ignore[operator]
    slides, wrong = look_at(tmp_path)
    assert slides == []
    assert why in wrong[0].why, wrong


def test_hidden_files_and_folders_are_passed_over_and_there_is_an_end(tmp_path: Path) -> None:
    for name in (".hidden.png", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    for number in range(FILES_MAX + 2):
        picture(tmp_path / f"{number:02}.png", (200, 200))
    slides, wrong = look_at(tmp_path)
    assert len(slides) == FILES_MAX
    assert "more than" in wrong[0].why


def test_the_folder_is_looked_at_again_now_and_then_and_gives_nothing_else(tmp_path: Path) -> None:
    now = [0.0]
    folder = SlideFolder(tmp_path / "slides", lambda: now[0])
    assert folder.slides() == ()  # there is none yet
    (tmp_path / "slides").mkdir()
    picture(tmp_path / "slides/a.png")
    (tmp_path / "taptill.toml").write_text("[store]")
    assert folder.slides() == ()
    now[0] = LOOK_EVERY_S
    assert [slide.name for slide in folder.slides()] == ["a.png"]
    found = folder.read("a.png")
    assert found is not None
    assert found == ((tmp_path / "slides/a.png").read_bytes(), "image/png")
    assert [folder.read(name) for name in ("../taptill.toml", "b.png", "", "a.png/..")] == [None] * 4
    # Exchanged for something else since it was looked at.
    (tmp_path / "slides/a.png").write_text("<svg/>")
    assert folder.read("a.png") is None


def test_a_picture_is_what_its_bytes_say(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg").rename(tmp_path / "a.png")
    found = look(tmp_path / "a.png")
    assert isinstance(found, Slide)
    assert found.mimetype == "image/jpeg"


# --- promotions between them -----------------------------------------------------------------------------------------

RULES = """
[[promotions]]
id = "all-day"
kind = "percent_off"
names = { zh_hans = "全场九折", zh_hant = "全場九折", en = "Ten off" }
scope = { all = true }
off_bp = 1_000
[[promotions]]
id = "evening"
kind = "percent_off"
names = { zh_hans = "晚间", zh_hant = "晚間", en = "Evening" }
scope = { all = true }
when = { from_time = 18:00:00, until_time = 20:00:00 }
off_bp = 1_000
[[promotions]]
id = "tuesday"
kind = "percent_off"
names = { zh_hans = "周二", zh_hant = "週二", en = "Tuesday" }
scope = { all = true }
when = { weekdays = ["tue"] }
off_bp = 1_000
[[promotions]]
id = "coupon"
kind = "percent_off"
names = { zh_hans = "券", zh_hant = "券", en = "Coupon" }
scope = { all = true }
code = "TEN"
off_bp = 1_000
[[promotions]]
id = "friends"
kind = "percent_off"
names = { zh_hans = "员工", zh_hant = "員工", en = "Staff" }
scope = { all = true }
who = { tags = ["staff"] }
off_bp = 4_000
[[promotions]]
id = "second-lane"
kind = "percent_off"
names = { zh_hans = "二号台", zh_hant = "二號台", en = "Lane 2" }
scope = { all = true }
lanes = [2]
off_bp = 1_000
"""


@pytest.fixture(scope="module")
def rules() -> Iterator[RuleSet]:
    found = load_rules(RULES)
    assert isinstance(found, RuleSet), found
    yield found


@pytest.mark.parametrize(
    ("lane", "moment", "told"),
    [
        (1, "2026-11-23 10:00", ["all-day", "evening"]),  # a Monday; the evening is still to come
        (1, "2026-11-23 19:59", ["all-day", "evening"]),
        (1, "2026-11-23 20:00", ["all-day"]),
        (1, "2026-11-24 20:00", ["all-day", "tuesday"]),
        (2, "2026-11-23 20:00", ["all-day", "second-lane"]),
    ],
)
def test_the_promotions_of_today_that_anybody_can_have(rules: RuleSet, lane: int, moment: str, told: list[str]) -> None:
    now = datetime.fromisoformat(moment)
    found = [
        each.id for each in rules.promotions if is_for_all(each, lane=lane) and is_today(each.when, now, Calendar())
    ]
    assert found == told


def test_a_name_in_one_language_is_shown_in_every_one() -> None:
    (only,) = shown(selling(1, lines=(line(0, names=Names("盐")),))).lines
    assert only.names.of("en") == "盐"
