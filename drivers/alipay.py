"""Alipay, face to face (当面付 条码支付): charged, asked about, cancelled and refunded; signed with RSA2.

Source: opendocs.alipay.com: alipay.trade.pay, .query, .cancel, .refund, .fastpay.refund.query; the gateway's signature
stands over the very characters of its answer.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from drivers.https_calls import NoAnswerError, NotSentError, Server
from drivers.pay_gateway import UNBELIEVED, Back, GatewayError, GatewayUnreachable, Order, RefundReply, Reply
from rules.charge_refunds import RefundTold
from rules.charges import Reason, Told
from rules.money import Minor

ADDRESS = "https://openapi.alipay.com"
PATH = "/gateway.do"
PAY, QUERY, CANCEL = "alipay.trade.pay", "alipay.trade.query", "alipay.trade.cancel"
REFUND, REFUND_QUERY = "alipay.trade.refund", "alipay.trade.fastpay.refund.query"
DONE, USER_PAYS, THEIR_ERROR, REFUSED = "10000", "10003", "20000", "40004"
SUBJECT_MAX = 100
ORDER_OF_NOBODY: Final = "taptillcheck"

Answer = Mapping[str, Any]

FAILED: Final[Mapping[str, Reason]] = {
    "ACQ.PAYMENT_AUTH_CODE_INVALID": Reason.CODE_INVALID,
    "ACQ.SOUNDWAVE_PARSER_FAIL": Reason.CODE_INVALID,
    "ACQ.BUYER_BALANCE_NOT_ENOUGH": Reason.NOT_ENOUGH,
    "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH": Reason.NOT_ENOUGH,
    "ACQ.ERROR_BALANCE_PAYMENT_DISABLE": Reason.CARD_REFUSED,
    "ACQ.PAYMENT_FAIL": Reason.CARD_REFUSED,
    "ACQ.PAYMENT_REQUEST_HAS_RISK": Reason.CARD_REFUSED,
    "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE": Reason.CARD_REFUSED,
    "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR": Reason.CARD_REFUSED,
    "ACQ.BEYOND_PAY_RESTRICTION": Reason.CARD_REFUSED,
    "ACQ.BUYER_ENABLE_STATUS_FORBID": Reason.CARD_REFUSED,
    "ACQ.BUYER_SELLER_EQUAL": Reason.CARD_REFUSED,
    "ACQ.PULL_MOBILE_CASHIER_FAIL": Reason.CUSTOMER_CANCELLED,
    "ACQ.TRADE_HAS_CLOSE": Reason.CLOSED,
    "ACQ.SELLER_BEEN_BLOCKED": Reason.NOT_ALLOWED,
    "ACQ.PARTNER_ERROR": Reason.NOT_ALLOWED,
    "ACQ.ACCESS_FORBIDDEN": Reason.NOT_ALLOWED,
    "ACQ.INVALID_PARAMETER": Reason.NOT_ALLOWED,
    "ACQ.TOTAL_FEE_EXCEED": Reason.NOT_ALLOWED,
}
"""Refusals of a charge after which the customer pays nothing; any other is asked about."""
USED_BEFORE: Final[Mapping[str, Reason]] = {
    "ACQ.TRADE_HAS_SUCCESS": Reason.USED_BEFORE,
    "ACQ.CONTEXT_INCONSISTENT": Reason.USED_BEFORE,
}
OUR_FAULT = frozenset({"20001", "40001", "40002", "40003", "40006"})
TRADE_STATES: Final[Mapping[str, tuple[Told, Reason]]] = {
    "WAIT_BUYER_PAY": (Told.USER_PAYING, Reason.NONE),
    "TRADE_CLOSED": (Told.FAILED, Reason.CUSTOMER_CANCELLED),
}


@dataclass(frozen=True, slots=True)
class AlipayAccount:
    """Whose money it becomes."""

    app_id: str
    private_key: rsa.RSAPrivateKey
    public_key: rsa.RSAPublicKey
    """Alipay's own, not ours."""
    app_auth_token: str = ""
    """Where a service provider (ISV) signs for the shop."""
    subject: str = "TapTill"


class Alipay:
    """A `drivers.pay_gateway.Gateway`."""

    kind = "alipay"
    channels = frozenset({"alipay"})

    def __init__(self, account: AlipayAccount, server: Server, *, now_text: Callable[[], str]) -> None:
        """Take the account.

        Args:
            now_text: gives the time in China as `2026-11-29 10:00:00`; one that is minutes off is refused.
        """
        self._account = account
        self._server = server
        self._now_text = now_text

    def charge(self, order: Order, code: str) -> Reply:
        content = {
            "out_trade_no": order.order_no, "scene": "bar_code", "auth_code": code, "subject":
            self._account.subject[:SUBJECT_MAX], "total_amount": yuan(order.amount), "terminal_id": str(order.lane),
            "timeout_express": "2m",
        }  # fmt: skip
        answer = self._call(PAY, content)
        if isinstance(answer, Reply):
            return answer
        code_of, sub, detail = _codes(answer)
        if code_of == DONE:
            return _paid(order, answer)
        if code_of == USER_PAYS:
            return Reply(Told.USER_PAYING, detail=detail)
        if sub in FAILED or code_of in OUR_FAULT:
            return Reply(Told.FAILED, FAILED.get(sub, Reason.NOT_ALLOWED), detail=detail)
        return Reply(Told.UNCLEAR, USED_BEFORE.get(sub, Reason.GATEWAY_ERROR), detail=detail)

    def ask(self, order: Order) -> Reply:
        answer = self._call(QUERY, {"out_trade_no": order.order_no})
        if isinstance(answer, Reply):
            return answer
        code, sub, detail = _codes(answer)
        if code != DONE:
            is_nowhere = code == REFUSED and sub == "ACQ.TRADE_NOT_EXIST"
            return Reply(Told.NOT_PAID) if is_nowhere else Reply(Told.UNCLEAR, Reason.GATEWAY_ERROR, detail=detail)
        if answer.get("out_trade_no") != order.order_no:
            return UNBELIEVED
        state = str(answer.get("trade_status", ""))
        if state in ("TRADE_SUCCESS", "TRADE_FINISHED"):
            return _paid(order, answer)
        told, reason = TRADE_STATES.get(state, (Told.UNCLEAR, Reason.GATEWAY_ERROR))
        return Reply(told, reason, detail=state)

    def reverse(self, order: Order) -> Reply:
        answer = self._call(CANCEL, {"out_trade_no": order.order_no})
        if isinstance(answer, Reply):
            return answer
        code, sub, detail = _codes(answer)
        if code == DONE:
            if answer.get("out_trade_no") != order.order_no:
                return UNBELIEVED
            return Reply(Told.AGAIN if answer.get("retry_flag") == "Y" else Told.REVERSED, detail=detail)
        if code == THEIR_ERROR or sub in ("ACQ.SYSTEM_ERROR", "AOP.ACQ.SYSTEM_ERROR"):
            return Reply(Told.AGAIN, detail=detail)
        if sub == "ACQ.TRADE_NOT_EXIST":
            return Reply(Told.REVERSED, detail=detail)
        if code == REFUSED:
            return Reply(Told.REFUSED, Reason.NOT_ALLOWED, detail=detail)
        return Reply(Told.UNCLEAR, Reason.GATEWAY_ERROR, detail=detail)

    def refund(self, order: Order, back: Back) -> RefundReply:
        content = {
            "out_trade_no": order.order_no, "out_request_no": back.refund_no, "refund_amount": yuan(back.amount),
        }  # fmt: skip
        answer = self._call(REFUND, content)
        if isinstance(answer, Reply):
            return _of_refund(answer)
        code, sub, detail = _codes(answer)
        if code == DONE and answer.get("fund_change") == "Y":
            return RefundReply(RefundTold.REFUNDED, transaction_id=str(answer.get("trade_no", ""))[:64])
        if code == REFUSED and sub not in ("ACQ.SYSTEM_ERROR", ""):
            reason = Reason.NOT_ENOUGH if sub == "ACQ.SELLER_BALANCE_NOT_ENOUGH" else Reason.NOT_ALLOWED
            return RefundReply(RefundTold.REFUSED, reason, detail=detail)
        # The same number once more changes nothing there, and says so: what became of it is asked.
        return RefundReply(RefundTold.UNCLEAR, Reason.GATEWAY_ERROR, detail=detail)

    def ask_refund(self, order: Order, back: Back) -> RefundReply:
        content = {"out_trade_no": order.order_no, "out_request_no": back.refund_no}
        answer = self._call(REFUND_QUERY, content)
        if isinstance(answer, Reply):
            return _of_refund(answer)
        code, sub, detail = _codes(answer)
        if code == REFUSED and sub == "ACQ.TRADE_NOT_EXIST":
            return RefundReply(RefundTold.REFUSED, Reason.NOT_ALLOWED, detail=detail)
        if code != DONE:
            return RefundReply(RefundTold.UNCLEAR, Reason.GATEWAY_ERROR, detail=detail)
        if answer.get("refund_status") != "REFUND_SUCCESS":
            return RefundReply(RefundTold.UNKNOWN_THERE, detail=detail)
        is_it = answer.get("out_request_no") == back.refund_no and minor(answer.get("refund_amount")) == back.amount
        return RefundReply(RefundTold.REFUNDED) if is_it else RefundReply(RefundTold.UNCLEAR, Reason.NOT_BELIEVED)

    def check(self) -> None:
        answer = self._call(QUERY, {"out_trade_no": ORDER_OF_NOBODY})
        if isinstance(answer, Reply):
            kind = GatewayUnreachable if answer.told is Told.NOT_SENT else GatewayError
            raise kind(answer.detail or str(answer.reason or answer.told))
        if answer.get("sub_code") != "ACQ.TRADE_NOT_EXIST":
            raise GatewayError(_codes(answer)[2] or "an answer that was not expected")

    def _call(self, method: str, content: Mapping[str, str]) -> Answer | Reply:
        """Return the believed answer of a call, or what is known without one."""
        fields = {
            "app_id": self._account.app_id, "method": method, "format": "JSON", "charset": "utf-8",
            "sign_type": "RSA2", "timestamp": self._now_text(), "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False), "app_auth_token": self._account.app_auth_token,
        }  # fmt: skip
        fields = {name: value for name, value in fields.items() if value}
        signed = self._account.private_key.sign(to_sign(fields), padding.PKCS1v15(), hashes.SHA256())
        fields["sign"] = base64.b64encode(signed).decode()
        body, kind = urlencode(fields).encode(), "application/x-www-form-urlencoded;charset=utf-8"
        try:
            data = self._server.post(PATH + "?charset=utf-8", body, content_type=kind)
        except NotSentError as error:
            return Reply(Told.NOT_SENT, Reason.NO_LINE, detail=str(error))
        except NoAnswerError as error:
            return Reply(Told.UNCLEAR, Reason.NO_ANSWER, detail=str(error))
        return believed(data, method, self._account.public_key)


def believed(data: bytes, method: str, key: rsa.RSAPublicKey) -> Answer | Reply:
    """Return what stands in an answer of the gateway, where the signature over it is good."""
    name = method.replace(".", "_") + "_response"
    try:
        text = data.decode()
        outer = json.loads(text)
        if "error_response" in outer:
            return Reply(Told.UNCLEAR, Reason.GATEWAY_ERROR, detail=_codes(outer["error_response"])[2])
        start = text.index(f'"{name}":') + len(name) + 3
        start += len(text[start:]) - len(text[start:].lstrip())
        # What is read is what was signed: the very characters, not what another reader makes of them.
        answer, end = json.JSONDecoder().raw_decode(text, start)
        signed = base64.b64decode(outer["sign"], validate=True)
        key.verify(signed, text[start:end].encode(), padding.PKCS1v15(), hashes.SHA256())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error, InvalidSignature):
        return UNBELIEVED
    return answer if isinstance(answer, dict) else UNBELIEVED


def to_sign(fields: Mapping[str, str]) -> bytes:
    """Return what a request is signed over.

    >>> to_sign({"b": "2", "a": "1", "sign": "x"})
    b'a=1&b=2'
    """
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign" and fields[name]).encode()


def yuan(amount: Minor) -> str:
    """Return fen as the gateway writes them.

    >>> yuan(1205)
    '12.05'
    """
    return f"{amount // 100}.{amount % 100:02d}"


def minor(text: object) -> Minor | None:
    """Return an amount of the gateway in fen, or None for anything else.

    >>> minor("12.05"), minor("12.051"), minor("NaN"), minor(None)
    (1205, None, None, None)
    """
    try:
        amount = Decimal(str(text)) * 100
        return int(amount) if amount == int(amount) else None
    except (InvalidOperation, ValueError, OverflowError):
        return None


def read_private_key(pem: bytes) -> rsa.RSAPrivateKey:
    """Return the app's key: PEM, or the bare base64 that Alipay's key tool gives. Raises GatewayError."""
    found = _read_key(
        pem, ("RSA PRIVATE KEY", "PRIVATE KEY"), lambda data: serialization.load_pem_private_key(data, None)
    )
    if not isinstance(found, rsa.RSAPrivateKey):
        raise GatewayError("expected an RSA private key, PEM or base64")
    return found


def read_public_key(pem: bytes) -> rsa.RSAPublicKey:
    """Return Alipay's public key. Raises GatewayError."""
    found = _read_key(pem, ("PUBLIC KEY",), serialization.load_pem_public_key)
    if not isinstance(found, rsa.RSAPublicKey):
        raise GatewayError("expected Alipay's RSA public key, PEM or base64")
    return found


def _read_key(text: bytes, labels: tuple[str, ...], load: Callable[[bytes], object]) -> object:
    plain = text.strip()
    tries = [plain] if plain.startswith(b"-----") else [
        f"-----BEGIN {label}-----\n".encode() + plain + f"\n-----END {label}-----\n".encode() for label in labels
    ]  # fmt: skip
    for each in tries:
        try:
            return load(each)
        except (ValueError, TypeError):
            continue
    return None


def _paid(order: Order, answer: Answer) -> Reply:
    if answer.get("out_trade_no") != order.order_no:
        return UNBELIEVED
    told = answer.get("total_amount")
    if minor(told) != order.amount:
        return Reply(Told.UNCLEAR, Reason.WRONG_AMOUNT, detail=f"asked for {yuan(order.amount)}, told of {told}")
    return Reply(Told.PAID, transaction_id=str(answer.get("trade_no", ""))[:64])


def _codes(answer: Answer) -> tuple[str, str, str]:
    sub = str(answer.get("sub_code", ""))
    words = f"{answer.get('code', '')} {sub} {answer.get('sub_msg') or answer.get('msg') or ''}"
    return str(answer.get("code", "")), sub, words.strip()[:200]


def _of_refund(reply: Reply) -> RefundReply:
    told = RefundTold.NOT_SENT if reply.told is Told.NOT_SENT else RefundTold.UNCLEAR
    return RefundReply(told, reply.reason, detail=reply.detail)
