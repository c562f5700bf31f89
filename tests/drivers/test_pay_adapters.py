"""Both adapters against a server that speaks their wire formats: every outcome, every fault of the line, wrong signatures."""

from __future__ import annotations

import socket
import threading
import time
from itertools import count

import pytest

from drivers.alipay import believed, read_private_key, read_public_key
from drivers.fake_gateway import CHARGES
from drivers.https_calls import NoAnswerError, Server, make_context
from drivers.pay_gateway import Back, GatewayError, GatewayUnreachable, Order, Reply
from drivers.wechat_pay import from_xml, signature
from rules.charge_refunds import RefundTold
from rules.charges import Reason, Told
from tests.pay_services import WECHAT_KEY, make_services

CODES = {"wechat": "134567890123456789", "alipay": "2812345678901234567"}
KINDS = tuple(CODES)
NUMBERS = count(1)


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    found = make_services(tmp_path_factory.mktemp("pay"))
    found.server.start()
    yield found
    found.server.stop()


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def order():
    return Order(f"order{next(NUMBERS):06d}", 1205)


def test_it_is_paid_at_once(services, kind, order):
    gateway = services.adapter(kind)
    paid = gateway.charge(order, CODES[kind])
    assert (paid.told, bool(paid.transaction_id)) == (Told.PAID, True)
    assert services.gateway.copy_of(order.order_no).kept == 1205
    assert gateway.ask(order).told is Told.PAID


@pytest.mark.parametrize(
    ("meets", "at_once", "asked"),  # the answer and its reason, and those to the questions after it
    [
        ("pays", (Told.PAID, ""), [Told.PAID]),
        ("password_then_pays", (Told.USER_PAYING, ""), [Told.USER_PAYING, Told.PAID]),
        ("password_then_cancels", (Told.USER_PAYING, ""), [Told.USER_PAYING, Told.FAILED]),
        ("password_never", (Told.USER_PAYING, ""), [Told.USER_PAYING] * 3),
        ("not_enough", (Told.FAILED, "not_enough"), [Told.FAILED]),
        ("code_expired", (Told.FAILED, None), [Told.FAILED]),  # Alipay has one word for old and wrong codes
        ("code_invalid", (Told.FAILED, "code_invalid"), [Told.FAILED]),
        ("card_refused", (Told.FAILED, "card_refused"), [Told.FAILED]),
        ("not_allowed", (Told.FAILED, "not_allowed"), [Told.FAILED]),
        ("error_then_paid", (Told.UNCLEAR, "gateway_error"), [Told.PAID]),
        ("error_not_paid", (Told.UNCLEAR, "gateway_error"), [Told.NOT_PAID]),
        ("error_then_closed", (Told.UNCLEAR, "gateway_error"), [Told.FAILED]),
        ("silence_paid", (Told.UNCLEAR, "no_answer"), [Told.PAID]),
        ("silence_not_paid", (Told.UNCLEAR, "no_answer"), [Told.NOT_PAID]),
        ("silence_paid_late", (Told.UNCLEAR, "no_answer"), [Told.NOT_PAID, Told.PAID]),
        ("never_sent", (Told.UNCLEAR, "no_answer"), [Told.NOT_PAID]),
        ("number_used", (Told.UNCLEAR, "used_before"), [Told.NOT_PAID]),
        ("wrong_amount", (Told.UNCLEAR, "wrong_amount"), [Told.UNCLEAR]),
        ("not_believed", (Told.UNCLEAR, "not_believed"), [Told.UNCLEAR]),
    ],
)
def test_every_outcome_of_a_charge(services, kind, order, meets, at_once, asked):  # noqa: PLR0917
    gateway = services.adapter(kind)
    services.gateway.next_charge(meets)
    reply = gateway.charge(order, CODES[kind])
    assert reply.told is at_once[0]
    if at_once[1] is not None:
        assert reply.reason == at_once[1]
    assert [gateway.ask(order).told for _ in asked] == asked


def test_the_table_above_has_every_outcome():
    marks = test_every_outcome_of_a_charge.pytestmark[0].args[1]
    assert {row[0] for row in marks} == set(CHARGES)


@pytest.mark.parametrize(
    ("meets", "told"),
    [
        ("done", [Told.REVERSED]),
        ("again", [Told.AGAIN, Told.REVERSED]),
        ("error_then_done", [Told.AGAIN, Told.REVERSED]),
        ("silence_done", [Told.UNCLEAR, Told.REVERSED]),
        ("silence_not_done", [Told.UNCLEAR, Told.REVERSED]),
        ("refused", [Told.REFUSED]),
    ],
)
def test_every_outcome_of_a_reversal(services, kind, order, meets, told):
    gateway = services.adapter(kind)
    gateway.charge(order, CODES[kind])
    services.gateway.next_reversal(meets)
    assert [gateway.reverse(order).told for _ in told] == told
    kept = 1205 if meets == "refused" else 0
    assert services.gateway.copy_of(order.order_no).kept == kept


@pytest.mark.parametrize("told", [Told.REVERSED])
def test_what_was_never_heard_of_can_be_reversed(services, kind, order, told):
    assert services.adapter(kind).reverse(order).told is told


@pytest.mark.parametrize(
    ("meets", "told"),
    [
        ("done", [RefundTold.REFUNDED]),
        ("processing", [RefundTold.REFUNDED]),
        ("silence_done", [RefundTold.REFUNDED]),
        ("error_not_done", [RefundTold.UNKNOWN_THERE]),
        ("silence_not_done", [RefundTold.UNKNOWN_THERE]),
        ("not_enough", [RefundTold.UNKNOWN_THERE]),
    ],
)
def test_every_outcome_of_a_refund(services, kind, order, meets, told):
    gateway, back = services.adapter(kind), Back(f"R{order.order_no}", 205)
    gateway.charge(order, CODES[kind])
    services.gateway.next_refund(meets)
    first = gateway.refund(order, back)
    if meets == "not_enough":
        assert (first.told, first.reason) == (RefundTold.REFUSED, Reason.NOT_ENOUGH)
    assert [gateway.ask_refund(order, back).told for _ in told] == told
    # The same number once more is the same refund, whatever became of the first call.
    gateway.refund(order, back)
    gateway.refund(order, back)
    assert services.gateway.copy_of(order.order_no).kept == 1000


def test_a_refund_that_the_bank_sends_back(services, order):
    gateway, back = services.adapter("wechat"), Back(f"R{order.order_no}", 205)
    gateway.charge(order, CODES["wechat"])
    services.gateway.next_refund("processing_then_refused")
    assert gateway.refund(order, back).told is RefundTold.PROCESSING
    assert gateway.ask_refund(order, back).told is RefundTold.REFUSED


# --- the line ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["charge", "ask", "reverse", "refund", "ask_refund"])
@pytest.mark.parametrize(
    "fault",
    ["cut_before", "cut_after", "cut_half", "http_500", "garbage", "no_end", "wrong_signature", "no_signature",
     "another_merchant", "slow"],
)  # fmt: skip
def test_a_line_that_breaks_decides_nothing(services, kind, order, call, fault):
    """Whatever the line does to a call, the answer is that nothing is known."""
    gateway, back = services.adapter(kind), Back(f"R{order.order_no}", 205)
    if call != "charge":
        gateway.charge(order, CODES[kind])
    services.server.next_fault(fault)
    started = time.monotonic()
    reply = {
        "charge": lambda: gateway.charge(order, CODES[kind]),
        "ask": lambda: gateway.ask(order),
        "reverse": lambda: gateway.reverse(order),
        "refund": lambda: gateway.refund(order, back),
        "ask_refund": lambda: gateway.ask_refund(order, back),
    }[call]()
    assert reply.told == "unclear"
    assert time.monotonic() - started < 3
    if call == "charge":
        # And asking tells what happened.
        assert gateway.ask(order).told is (Told.NOT_PAID if fault in ("cut_before", "http_500") else Told.PAID)


def test_an_answer_about_another_order_decides_nothing(services, kind, order):
    gateway = services.adapter(kind)
    services.server.next_fault("another_order")
    assert gateway.charge(order, CODES[kind]).told is Told.UNCLEAR
    services.server.next_fault("another_order")
    assert gateway.ask(order).told is Told.UNCLEAR


def test_nobody_answers(services, kind, order):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gateway = services.adapter(kind, address=f"https://localhost:{port}")
    reply = gateway.charge(order, CODES[kind])
    assert (reply.told, reply.reason) == (Told.NOT_SENT, Reason.NO_LINE)
    assert gateway.refund(order, Back("R1", 1)).told is RefundTold.NOT_SENT
    with pytest.raises(GatewayUnreachable):
        gateway.check()


def test_a_server_with_another_certificate_hears_nothing(services, kind, order, tmp_path):
    make_services(tmp_path)
    gateway = services.adapter(kind, ca=tmp_path / "ca.pem")
    reply = gateway.charge(order, CODES[kind])
    assert reply.told is Told.NOT_SENT and "certificate" in reply.detail
    assert services.gateway.copy_of(order.order_no) is None


def test_a_server_that_never_finishes_its_greeting(services, kind, order):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        gateway = services.adapter(kind, address=f"https://localhost:{mute.getsockname()[1]}")
        started = time.monotonic()
        assert gateway.charge(order, CODES[kind]).told is Told.NOT_SENT
        assert time.monotonic() - started < 3


def test_bytes_that_drip_end_with_the_call(services):
    """A socket's time-out begins anew with every byte; the call's does not."""
    context = make_context(ca=services.folder / "ca.pem")
    import ssl

    door = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    door.load_cert_chain(services.folder / "server.pem", services.folder / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def drip() -> None:
            plain, _ = listener.accept()
            try:
                with door.wrap_socket(plain, server_side=True) as line:
                    for _ in range(100):
                        line.sendall(b"H")
                        time.sleep(0.1)
            except OSError:
                pass

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        started = time.monotonic()
        with pytest.raises(NoAnswerError):
            Server(f"https://localhost:{port}", context, call_s=0.5).post("/", b"x", content_type="text/plain")
        assert time.monotonic() - started < 2
        thread.join(5)


# --- keys ----------------------------------------------------------------------------------------------------------


def test_a_check_needs_the_right_keys(services, kind):
    services.adapter(kind).check()


def test_a_wrong_key_is_told_of_and_charges_nothing(services, order):
    gateway = services.adapter("wechat", key=b"x" * 32)
    assert gateway.charge(order, CODES["wechat"]).told is Told.UNCLEAR
    assert services.gateway.copy_of(order.order_no) is None
    with pytest.raises(GatewayError, match="签名错误"):
        gateway.check()


def test_what_goes_over_the_line(services, kind, order):
    services.adapter(kind).charge(order, CODES[kind])
    _, fields = services.server.calls[-1]
    assert CODES[kind] in str(fields)
    if kind == "wechat":
        found = {name: fields[name] for name in ("total_fee", "out_trade_no", "sub_mch_id", "sign_type", "auth_code")}
        assert found == {
            "total_fee": "1205", "out_trade_no": order.order_no, "sub_mch_id": "1900000110",
            "sign_type": "HMAC-SHA256", "auth_code": CODES["wechat"],
        }  # fmt: skip
    else:
        assert '"total_amount": "12.05"' in fields["biz_content"] and fields["sign_type"] == "RSA2"


def test_the_signature_of_the_specification():
    """The worked example of the interface rules of WeChat Pay, with its own key."""
    fields = {
        "appid": "wxd930ea5d5a258f4f", "mch_id": "10000100", "device_info": "1000", "body": "test",
        "nonce_str": "ibuaiVcKdpRxkhJA",
    }  # fmt: skip
    expected = "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"
    assert signature(fields, WECHAT_KEY) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<xml></xml>",
        b"<xml><a>1</a>",
        b"<xml><a>1</a><a>2</a></xml>",  # which one is meant?
        b"<!DOCTYPE x><xml><a>1</a></xml>",
        b"<xml><a><b>1</b></a></xml>",
        b"<xml><a>1</b></xml>",
        b"\xff\xfe",
        b"<html>502 Bad Gateway</html>",
    ],
)
def test_what_is_no_answer_of_wechat(data):
    assert from_xml(data) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b'{"alipay_trade_pay_response":{}}', b'{"alipay_trade_pay_response":{},"sign":"!"}',
     b'{"alipay_trade_pay_response":[],"sign":"QQ=="}', b'{"error_response":null}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_answer_of_alipay(services, data):
    key = services.secrets.alipay_private_key.public_key()
    found = believed(data, "alipay.trade.pay", key)
    assert isinstance(found, Reply) and found.told is Told.UNCLEAR


def test_keys_as_alipays_tool_writes_them(services):
    """Its key tool gives bare base64, without the lines of a PEM file."""
    folder = services.folder
    bare = b"".join(line for line in (folder / "app.key").read_bytes().splitlines() if not line.startswith(b"-"))
    assert read_private_key(bare).key_size == 2048
    bare = b"".join(line for line in (folder / "alipay.pub").read_bytes().splitlines() if not line.startswith(b"-"))
    assert read_public_key(bare).key_size == 2048
    for read in (read_private_key, read_public_key):
        with pytest.raises(GatewayError):
            read(b"no key at all")
    with pytest.raises(GatewayError):
        make_context(ca=folder / "missing.pem")
