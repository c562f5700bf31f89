"""What a scanned text is: every known case of the vector file, and tables of our own."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import codes, gs1, gtin, scale_codes
from rules.codes import Code, CodeSettings, Flaw, Kind, ScaleFormat, Step, classify, describe

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "gs1_barcodes.json").read_text(encoding="utf-8"))

# Kinds that the file leaves open, and those we decided on.
DECIDED = {
    "gtin_or_invalid": "gtin",
    "gs1_or_unknown": "gs1",
    "unknown_prefix2": "in_store",
    "url_or_invalid": "url",
}
FACTS = (
    "gtin14",
    "format",
    "addon",
    "item",
    "amount_yuan",
    "weight_kg",
    "weight_lb",
    "price",
    "currency",
    "region",
    "elements",
    "dates",
    "decimals",
    "expiry",
    "channel",
)

SHOP = CodeSettings(
    scale_formats=(
        ScaleFormat("21", "FFWWWWWEEEEEC"),
        ScaleFormat("22", "FFWWWWWNNNNNC"),
        ScaleFormat("26", "FFWWWWWEEEEENNNNNC"),
        ScaleFormat("27", "FFWWWWWVEEEEC"),
        ScaleFormat("28", "FFWWWWWEEEEEO", amount_unit=10),
        ScaleFormat("29", "DDDDDDDDDDDDC"),
        ScaleFormat("217", "FFWWWWWNNNNNC"),
    ),
    coupon_prefixes=("CP-", "99"),
)


def settings_of(row: dict[str, Any]) -> CodeSettings:
    config = row.get("config", {})
    formats = (ScaleFormat(config["prefix"], config["format"]),) if "format" in config else ()
    return CodeSettings(scale_formats=formats, region=config.get("region", ""))


def step_of(row: dict[str, Any]) -> Step:
    is_payment = row["category"] == "payment" or row["expect"]["kind"] == "payment"
    return Step.PAYMENT if is_payment else Step.ITEM


def item(text: str, shop: CodeSettings = SHOP) -> Code:
    return classify(text, step=Step.ITEM, settings=shop)


@pytest.mark.parametrize("row", VECTORS["vectors"], ids=lambda row: f"{row['category']}:{row['scan']!r}")
def test_every_known_case(row: dict[str, Any]) -> None:
    code = classify(row["scan"], step=step_of(row), settings=settings_of(row))
    told = describe(code)
    expected = row["expect"]
    assert told["kind"] == DECIDED.get(expected["kind"], expected["kind"])
    for fact in FACTS:
        if fact in expected:
            assert told.get(fact) == expected[fact], fact
    if "gtin14_if_normalised" in expected:
        assert code.gtin14 == expected["gtin14_if_normalised"]


@pytest.mark.parametrize("row", VECTORS["price_check_digits"]["values"], ids=lambda row: row["value"])
def test_price_check_digit(row: dict[str, Any]) -> None:
    assert scale_codes.price_check_digit(row["value"]) == row["check_digit"]


@pytest.mark.parametrize("row", VECTORS["century"]["rows"], ids=lambda row: row["yy"])
def test_century(row: dict[str, Any]) -> None:
    assert gs1.year_of(int(row["yy"]), reference_year=VECTORS["century"]["reference_year"]) == row["year"]


@pytest.mark.parametrize(
    ("text", "kind", "lookup"),
    [
        ("6901234567892", Kind.GTIN, ("06901234567892", "6901234567892")),  # the normal form, then as it stands
        ("6 901234 567892", Kind.GTIN, ("06901234567892", "6901234567892")),  # typed as it is printed
        ("]C06901234567892", Kind.GTIN, ("06901234567892", "6901234567892")),  # a Code 128 with the number of an EAN
        ("\x026901234567892\x03", Kind.GTIN, ("06901234567892", "6901234567892")),  # STX and ETX of a serial reader
        ("6901\x0023456\x117892", Kind.GTIN, ("06901234567892", "6901234567892")),  # NUL and XON are noise of the line
        ("425261", Kind.GTIN, ("425261", "00042100005264")),  # no check digit: the shop's own number goes before
        ("]E012345670", Kind.GTIN, ("00123456000070", "12345670")),  # UPC-E, since the reader says it is no EAN-8
        ("]E412345670", Kind.GTIN, ("00000012345670", "12345670")),  # EAN-8, for the same reason
        ("]E06901234567892|]e099LOT", Kind.GTIN, ("06901234567892", "6901234567892")),  # the composite part is dropped
        ("]E3977123456700305", Kind.GTIN_WITH_ADDON, ("09771234567003", "977123456700305")),  # with its symbology
        ("978030640615751299", Kind.GTIN_WITH_ADDON, ("09780306406157", "978030640615751299")),  # a book with its price
        ("2412345000016", Kind.IN_STORE, ("02412345000016", "2412345000016")),  # whole, not split
        ("0212345000014", Kind.IN_STORE, ("00212345000014", "0212345000014")),  # UPC of the shop's own
        ("0412345000018", Kind.IN_STORE, ("00412345000018", "0412345000018")),
        ("4011", Kind.INVALID, ("4011",)),  # no GTIN; but a shop may have a PLU 4011
        ("69012345678", Kind.INVALID, ("69012345678",)),  # likewise
        ("A-1001", Kind.UNKNOWN, ("A-1001",)),  # a Code 128 of the shop's own
        ("MILK-0001", Kind.UNKNOWN, ("MILK-0001",)),  # M begins a member code only before a digit
        ("10123456789", Kind.INVALID, ("10123456789",)),  # not lot 123456789: nothing says that this is GS1
        ("]C110123456789", Kind.GS1, ()),  # the reader says so; a lot alone is nothing to sell
        ("]C100376130321109103420", Kind.GS1, ()),  # a logistic unit is not sold
        ("\x1d0106901234567892", Kind.GS1, ("06901234567892", "0106901234567892")),  # FNC1 sent as GS in front
        ("1728020001069012345678923103000195", Kind.GS1, ("06901234567892", "1728020001069012345678923103000195")),
        ("M1ABC:会员=张三;卡号=0001", Kind.UNKNOWN, ()),  # for the member list only
        ("https://u.wechat.com/EAAAAAA", Kind.URL, ()),
        ("weixin://dl/business", Kind.URL, ()),
        (
            "https://a/00/faux/01/6901234567892",
            Kind.DIGITAL_LINK,
            ("06901234567892", "https://a/00/faux/01/6901234567892"),
        ),
        ("https://id.gs1.org/00/106141412345678908", Kind.DIGITAL_LINK, ()),  # a logistic unit again
        ("https://[bad/01/06901234567892", Kind.URL, ()),  # no address at all, and no crash
        ("https://id.gs1.org/01/%D9%A0%D9%A6901234567892", Kind.URL, ()),  # digits of another script
        ("M100234", Kind.MEMBER, ("M100234",)),
        ("STAFF1001", Kind.STAFF, ("STAFF1001",)),
        ("CP-SPRING", Kind.COUPON, ("CP-SPRING",)),
        ("9912345678909", Kind.COUPON, ("9912345678909",)),  # a configured prefix of digits
        ("S001-1-20261122-0007", Kind.RECEIPT, ()),
        ("S001-1-20261322-0007", Kind.UNKNOWN, ("S001-1-20261322-0007",)),  # there is no month 13
    ],
)
def test_item_step(text: str, kind: Kind, lookup: tuple[str, ...]) -> None:
    code = item(text)
    assert (code.kind, code.lookup) == (kind, lookup)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", Flaw.EMPTY),
        ("]C1", Flaw.EMPTY),
        ("]", Flaw.SYMBOLOGY),
        ("]€1123", Flaw.SYMBOLOGY),
        ("6901234567893", Flaw.CHECK_DIGIT),
        ("123", Flaw.LENGTH),
        ("]E0123456789012", Flaw.LENGTH),  # a UPC-A comes with its leading zero here
        ("]E41234567", Flaw.LENGTH),
        ("]E402345674", Flaw.CHECK_DIGIT),
        ("]E412ABC678", Flaw.CHARACTERS),
        ("]E112", Flaw.LENGTH),  # an add-on without its item
        ("690123\x07567892", Flaw.CHARACTERS),
        ("6901234567٨92", None),  # a digit of another script: unknown, and never a number
        ("٠٦٩٠١٢٣٤٥٦٧٨٩٢", None),
        ("1" * 600, Flaw.TOO_LONG),
        ("2110007035208", Flaw.CHECK_DIGIT),
        ("]C1010690123456789310ABC", Flaw.CHECK_DIGIT),  # GTIN inside the elements
        ("]C100376130321109103421", Flaw.CHECK_DIGIT),
        ("]C1010690123456789202069012345678920106901234567908", Flaw.ELEMENTS),  # two items on one label
        ("(01)06901234567892(17)260230", Flaw.DATE),
        ("(01)06901234567892(17", Flaw.ELEMENTS),
        ("(1)15210526", None),
        ("]C101069012345678923100999999", Flaw.RANGE),  # 999 999 kg
        ("]C101069012345678923099999999", Flaw.RANGE),  # 99 999 999 pieces
        ("]C10106901234567892300", Flaw.RANGE),  # no piece at all
        ("https://id.gs1.org/01/06901234567892?17=260230", Flaw.DATE),
    ],
)
def test_flaw(text: str, flaw: Flaw | None) -> None:
    code = item(text)
    assert code.flaw is flaw
    assert code.kind in (Kind.INVALID, Kind.URL, Kind.UNKNOWN)
    assert code.gtin14 == ""


@pytest.mark.parametrize(
    ("text", "item_number", "amount", "weight_g"),
    [
        ("2110007035207", "10007", 3520, None),  # amount in fen
        ("2212345123452", "12345", None, 12345),  # weight in grams
        (
            "260012302590012955",
            "00123",
            2590,
            1295,
        ),  # both; it could be a payment code, but the shop says it is a label
        ("2710007928754", "10007", 2875, None),  # with the price's own check digit
        ("2810007003527", "10007", 3520, None),  # amount in jiao, a checksum that we do not know
        ("2170007012349", "70007", None, 1234),  # the longer prefix 217 wins over 21
        ("2110007000007", "10007", 0, None),  # the scale had no price; the till must not sell at it
    ],
)
def test_scale_label(text: str, item_number: str, amount: int | None, weight_g: int | None) -> None:
    code = item(text)
    assert (code.kind, code.item, code.amount, code.weight_g) == (Kind.VARIABLE, item_number, amount, weight_g)
    assert code.lookup == (item_number, text[:2] + item_number)


def test_label_of_a_fixed_item_is_looked_up_as_a_whole() -> None:
    code = item("2912345000011")
    assert (code.kind, code.lookup) == (Kind.IN_STORE, ("02912345000011", "2912345000011"))


def test_price_check_digit_of_a_label_is_tested() -> None:
    wrong = "271000782875"
    assert item(wrong + str(gtin.gtin_check_digit(wrong))).flaw is Flaw.MEASURE_CHECK


@pytest.mark.parametrize(
    ("prefix", "picture", "wrong"),
    [
        ("21", "FFWWWWWEEEEEC", None),
        ("2", "FWWWWWWEEEEEC", None),
        ("26", "FFWWWWWNNNNNEEEEEC", None),
        ("29", "DDDDDDDDDDDDC", None),
        ("21", "FFWWWWWEEEEO", "13 or 18 letters"),
        ("2x", "FFWWWWWEEEEEC", "1 to 7 digits"),
        ("21", "FFWWWWWXEEEEC", "knows the letters"),
        ("21", "FFWWEWWEEEEEC", "stand together"),
        ("21", "WWWWWFFEEEEEC", "flag stands first"),
        ("21", "FFEEEEENNNNNC", "has an item"),
        ("21", "FFWWWWWCEEEEE", "stands last"),
        ("21", "FFWWWWWVNNNNC", "price check digit"),
    ],
)
def test_format_error(prefix: str, picture: str, wrong: str | None) -> None:
    told = scale_codes.format_error(prefix, picture)
    assert told is None if wrong is None else told is not None and wrong in told


@pytest.mark.parametrize(
    ("chosen", "amount", "weight_g"),
    [
        (SHOP.scale_formats[0], 3520, 0),
        (SHOP.scale_formats[1], 0, 1295),
        (SHOP.scale_formats[2], 2590, 1295),
        (SHOP.scale_formats[3], 2875, 0),
    ],
)
def test_a_label_that_we_make_is_one_that_we_read(chosen: ScaleFormat, amount: int, weight_g: int) -> None:
    code = item(scale_codes.make_label(chosen, item="00123", amount=amount, weight_g=weight_g))
    assert (code.item, code.amount or 0, code.weight_g or 0) == ("00123", amount, weight_g)


@pytest.mark.parametrize(
    ("text", "amount", "weight_g"),
    [
        ("]C101069012345678923103000195", None, 195),  # 0.195 kg
        ("]C1010690123456789231030001953922001299", None, 195),  # 3922 reads on: its value is 001299
        ("]C10106901234567892392215" + "00", 1500, None),  # 15.00 to pay
        ("]C10106901234567892393215601299", 1299, None),  # 12.99, and the currency is ours
        ("]C10106901234567892393284001299", None, None),  # dollars are not charged
        ("]e001906141410000153202000156", None, None),  # pounds are not taken for kilograms
        ("]C101069012345678923105000155", None, 2),  # 1.55 g: halves up, never to even
    ],
)
def test_measures_of_elements(text: str, amount: int | None, weight_g: int | None) -> None:
    code = item(text)
    assert code.kind is Kind.GS1
    if "3922001299" in text:
        amount = 1299
    assert (code.amount, code.weight_g) == (amount, weight_g)


@pytest.mark.parametrize(
    ("ai_and_value", "expiry", "dates"),
    [
        ("17280200", date(2028, 2, 29), {"17": "2028-02-29"}),  # day 00 is the month's last
        ("70032610011830", datetime(2026, 10, 1, 18, 30), {"7003": "2026-10-01"}),
        ("7007261001261005", None, {"7007": "2026-10-01"}),  # a range of days, which is no date with a time
        ("43242610019999", None, {"4324": "2026-10-01"}),  # 99:99 is no time
        ("800826100118", None, {"8008": "2026-10-01"}),
    ],
)
def test_dates_of_elements(ai_and_value: str, expiry: date | None, dates: dict[str, str]) -> None:
    code = item("]C10106901234567892" + ai_and_value)
    assert code.elements is not None
    assert code.elements.expiry == expiry
    assert describe(code)["dates"] == dates


WECHAT = "134567890123456789"


def test_payment_code_at_the_payment_step() -> None:
    code = classify(f"]Q1{WECHAT}\r", step=Step.PAYMENT, settings=SHOP)
    assert (code.kind, code.channel, code.text, code.lookup) == (Kind.PAYMENT, "wechat", "134567******6789", ())
    assert code.secret == WECHAT  # for the payment channel
    assert WECHAT not in repr(code) + json.dumps(describe(code))


@pytest.mark.parametrize("step", [Step.ITEM, Step.MEMBER])
@pytest.mark.parametrize(
    ("text", "channel"),
    [
        (WECHAT, "wechat"),
        ("134567890123450002", "wechat"),  # as good an SSCC: still a payment code
        ("1345 6789 0123 4567 89", "wechat"),  # typed from the phone's screen
        ("]C1134567890123456789", "wechat"),  # whatever the reader calls it
        ("2512345678901234", "alipay"),
        ("300000000000000000000000", "alipay"),
        ("6212345678901234567", "unionpay"),
    ],
)
def test_payment_code_before_its_time(text: str, channel: str, step: Step) -> None:
    code = classify(text, step=step, settings=SHOP)
    assert (code.kind, code.flaw, code.channel) == (Kind.UNKNOWN, Flaw.PAYMENT_TOO_EARLY, channel)
    assert (code.lookup, code.secret, code.gtin14) == ((), "", "")
    assert text.replace(" ", "").removeprefix("]C1") not in repr(code) + json.dumps(describe(code))


def test_damaged_label_that_could_be_a_payment_code_is_masked() -> None:
    code = item("260012302590012954")
    assert (code.kind, code.flaw, code.text) == (Kind.INVALID, Flaw.CHECK_DIGIT, "260012******2954")
    assert code.lookup == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("13800138000", Kind.UNKNOWN),  # a phone
        ("04c43bc21c2680", Kind.UNKNOWN),  # a card number that a reader typed
        ("6901234567893", Kind.UNKNOWN),  # a card need not have a check digit
        ("6901234567892", Kind.GTIN),  # the next item: the till asks the member list first, then sells it
        ("M100234", Kind.MEMBER),
        ("69012\x07345", Kind.INVALID),
    ],
)
def test_member_step(text: str, kind: Kind) -> None:
    assert classify(text, step=Step.MEMBER, settings=SHOP).kind is kind


def test_receipt_parts() -> None:
    code = item("S001-1-20261122-0007")
    assert code.receipt == codes.Receipt("S001", 1, date(2026, 11, 22), 7)
    assert describe(code) == {
        "kind": "receipt",
        "text": "S001-1-20261122-0007",
        "store": "S001",
        "lane": 1,
        "business_date": "2026-11-22",
        "number": 7,
        "lookup": [],
        "why": "The number of a receipt.",
    }


@pytest.mark.parametrize(
    ("region", "text", "amount", "weight_g", "count"),
    [
        ("DE", "2211114002394", 239, None, None),
        ("NO", "2368091402263", None, 226, None),
        ("DE", "2511119000129", None, None, 12),  # twelve pieces
        ("GB", "2411122912344", None, None, None),  # Great Britain has a rule for prefix 20 only
    ],
)
def test_region(region: str, text: str, amount: int | None, weight_g: int | None, count: int | None) -> None:
    code = item(text, CodeSettings(region=region))
    assert (code.amount, code.weight_g, code.count) == (amount, weight_g, count)
    assert code.kind is (Kind.IN_STORE if amount is weight_g is count is None else Kind.VARIABLE)


def test_key_of_a_measured_item_does_not_change_with_its_weight() -> None:
    shop = CodeSettings(region="DE")
    light, heavy = item("2811114001504", shop), item("2811111012343", shop)
    assert light.lookup[0] == heavy.lookup[0]
    assert light.weight_g != heavy.weight_g


def test_plain_codes_load_no_library() -> None:
    # 25 MB of memory, on a box that has little.
    script = (
        "import sys; from rules.codes import *\n"
        "shop = CodeSettings(scale_formats=(ScaleFormat('21', 'FFWWWWWEEEEEC'),))\n"
        "for text in ('6901234567892', '425261', '2110007035207', 'M1001', 'A-1', '134567890123456789', '1234'):\n"
        "    classify(text, step=Step.ITEM, settings=shop)\n"
        "print('biip' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


DIGITS = st.text("0123456789", max_size=60)
NEARLY_GS1 = st.text("0123456789ABC()\x1d]eECQd", max_size=60).map(lambda text: "0106901234567892" + text)
NEARLY_LINK = st.text("0123456789/?=&%D9A#[]:@.", max_size=60).map(lambda text: "https://a/01/06901234567892" + text)
AIMED = st.tuples(st.sampled_from(["]C1", "]E0", "]E3", "]E4", "]e0", "]Q3", "]d2", "]I1", "]Q1", "\x1d"]), DIGITS).map(
    "".join
)
ANY = st.one_of(
    st.text(max_size=80), st.text(st.characters(categories=["Cs", "Cc", "Nd"])), DIGITS, AIMED, NEARLY_GS1, NEARLY_LINK
)


@settings(max_examples=400, deadline=None)
@given(ANY, st.sampled_from(Step), st.sampled_from(["", *gs1.REGIONS]))
def test_no_text_raises(text: str, step: Step, region: str) -> None:
    code = classify(text, step=step, settings=CodeSettings(scale_formats=SHOP.scale_formats, region=region))
    json.dumps(describe(code))
    for key in (code.text, *code.lookup):
        key.encode()
    assert len(code.text) <= 512
    assert code.amount is None or code.amount >= 0
    if code.kind is Kind.PAYMENT or code.channel:
        assert code.lookup == ()


@settings(max_examples=100, deadline=None)
@given(st.text("0123456789", min_size=12, max_size=12))
def test_one_wrong_digit_is_found(payload: str) -> None:
    good = payload + str(gtin.gtin_check_digit(payload))
    bad = good[:4] + str((int(good[4]) + 1) % 10) + good[5:]
    assert gtin.read_gtin(good) is not None
    assert gtin.read_gtin(bad) is None


def test_examples_in_the_docstrings() -> None:
    import doctest

    from rules import scanned_text

    for module in (gtin, gs1, scale_codes, scanned_text):
        assert doctest.testmod(module).failed == 0


def test_decimals_keep_their_places() -> None:
    told = describe(item("]C101069012345678923103000000"))
    assert (told["weight_kg"], told["decimals"]) == ("0.000", {"3103": "0.000"})
    assert Decimal(str(told["weight_kg"])) == 0


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize(
    ("text", "kind", "lookup"),
    [
        ("M1001:41152263:005924", Kind.ECARD, ("M1001",)),
        ("\uff2d1001\uff1a41152263\uff1a005924", Kind.ECARD, ("M1001",)),  # an input method in full-width mode
        ("M1001:41152263:5924", Kind.UNKNOWN, ("M1001:41152263:5924",)),  # too few digits
        ("https://card.cn/t?picc_data=EF963FF7828658A599F3041510671E88&cmac=94EED9EE65337086", Kind.SUN, ()),
        ("]Q1https://card.cn/t?uid=042D2AAAC41390&ctr=000007&cmac=47F6E97894E46FF1", Kind.SUN, ()),
        ("https://card.cn/t?uid=042D2AAAC41390&ctr=000007", Kind.URL, ()),  # no code
    ],
)
def test_what_proves_a_member(step, text, kind, lookup):
    code = classify(text, step=step, settings=CodeSettings())
    assert (code.kind, code.lookup) == (kind, lookup)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.INVALID])
def test_every_kind_is_explained(kind: Kind) -> None:
    assert str(describe(Code(kind, "x"))["why"]).endswith(".")
