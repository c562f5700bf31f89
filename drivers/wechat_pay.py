"""WeChat Pay, payment codes (付款码支付): charged, asked about, reversed and refunded, for a merchant or a partner's.

Source: pay.weixin.qq.com, API v2: micropay, orderquery, reverse, refund, refundquery; signed with HMAC-SHA256.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, unescape

from drivers.https_calls import NoAnswerError, NotSentError, Server
from drivers.pay_gateway import UNBELIEVED, Back, GatewayError, GatewayUnreachable, Order, RefundReply, Reply
from rules.charge_refunds import RefundTold
from rules.charges import Reason, Told

ADDRESS = "https://api.mch.weixin.qq.com"
PAY, QUERY = "/pay/micropay", "/pay/orderquery"
REVERSE, REFUND, REFUND_QUERY = "/secapi/pay/reverse", "/secapi/pay/refund", "/pay/refundquery"
SUBJECT_MAX_BYTES = 127
ORDER_OF_NOBODY: Final = "taptillcheck"
"""An order number that no till makes: asking about it shows that the keys are right."""
FIELD = re.compile(r"\s*<(\w{1,64})>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</\1>", re.DOTALL)
WHOLE = re.compile(r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<xml>(.*)</xml>\s*", re.DOTALL)

Fields = Mapping[str, str]

FAILED: Final[Mapping[str, Reason]] = {
    "NOTENOUGH": Reason.NOT_ENOUGH,
    "AUTHCODEEXPIRE": Reason.CODE_EXPIRED,
    "AUTH_CODE_ERROR": Reason.CODE_INVALID,
    "AUTH_CODE_INVALID": Reason.CODE_INVALID,
    "NOTSUPORTCARD": Reason.CARD_REFUSED,
    "TRADE_ERROR": Reason.CARD_REFUSED,
    "BUYER_MISMATCH": Reason.CARD_REFUSED,
    "ORDERCLOSED": Reason.CLOSED,
    "ORDERREVERSED": Reason.CLOSED,
    "NOAUTH": Reason.NOT_ALLOWED,
    "APPID_NOT_EXIST": Reason.NOT_ALLOWED,
    "MCHID_NOT_EXIST": Reason.NOT_ALLOWED,
    "APPID_MCHID_NOT_MATCH": Reason.NOT_ALLOWED,
    "PARAM_ERROR": Reason.NOT_ALLOWED,
    "LACK_PARAMS": Reason.NOT_ALLOWED,
    "INVALID_REQUEST": Reason.NOT_ALLOWED,
}
"""Errors of a charge after which the customer pays nothing; any other may still be a payment, and is asked about."""
UNCLEAR: Final[Mapping[str, Reason]] = {
    "ORDERPAID": Reason.USED_BEFORE,
    "OUT_TRADE_NO_USED": Reason.USED_BEFORE,
}
TRADE_STATES: Final[Mapping[str, tuple[Told, Reason]]] = {
    "USERPAYING": (Told.USER_PAYING, Reason.NONE),
    "ACCEPT": (Told.USER_PAYING, Reason.NONE),
    "NOTPAY": (Told.NOT_PAID, Reason.NONE),
    "CLOSED": (Told.FAILED, Reason.CLOSED),
    "REVOKED": (Told.FAILED, Reason.CUSTOMER_CANCELLED),
    "PAYERROR": (Told.FAILED, Reason.CUSTOMER_CANCELLED),
    "REFUND": (Told.FAILED, Reason.CLOSED),
}
REFUND_STATES: Final[Mapping[str, tuple[RefundTold, Reason]]] = {
    "SUCCESS": (RefundTold.REFUNDED, Reason.NONE),
    "PROCESSING": (RefundTold.PROCESSING, Reason.NONE),
    "REFUNDCLOSE": (RefundTold.REFUSED, Reason.CLOSED),
    "CHANGE": (RefundTold.REFUSED, Reason.CARD_REFUSED),
}
REFUND_LATER = frozenset({"SYSTEMERROR", "BIZERR_NEED_RETRY", "FREQUENCY_LIMITED", "INVALID_REQ_TOO_MUCH"})


@dataclass(frozen=True, slots=True)
class WechatAccount:
    """Whose money it becomes."""

    app_id: str
    merchant_id: str
    key: bytes
    """The API v2 key."""
    sub_merchant_id: str = ""
    """The shop's own number where a partner (服务商) signs for it."""
    sub_app_id: str = ""
    subject: str = "TapTill"
    """What the customer reads in the bill."""


class WechatPay:
    """A `drivers.pay_gateway.Gateway`."""

    kind = "wechat"
    channels = frozenset({"wechat"})

    def __init__(self, account: WechatAccount, server: Server) -> None:
        """Take the account; the server's context brings our certificate, which reversals and refunds need."""
        self._account = account
        self._server = server

    def charge(self, order: Order, code: str) -> Reply:
        subject = self._account.subject.encode()[:SUBJECT_MAX_BYTES].decode(errors="ignore")
        fields = {
            "body": subject, "out_trade_no": order.order_no, "total_fee": str(order.amount), "fee_type": "CNY",
            "spbill_create_ip": "127.0.0.1", "auth_code": code, "device_info": str(order.lane),
        }  # fmt: skip
        answer = self._call(PAY, fields)
        if isinstance(answer, Reply):
            return answer
        if answer.get("result_code") == "SUCCESS":
            return self._paid(order, answer)
        error, detail = _error(answer)
        if error == "USERPAYING":
            return Reply(Told.USER_PAYING, detail=detail)
        if error in FAILED:
            return Reply(Told.FAILED, FAILED[error], detail=detail)
        return Reply(Told.UNCLEAR, UNCLEAR.get(error, Reason.GATEWAY_ERROR), detail=detail)

    def ask(self, order: Order) -> Reply:
        answer = self._call(QUERY, {"out_trade_no": order.order_no})
        if isinstance(answer, Reply):
            return answer
        error, detail = _error(answer)
        if answer.get("result_code") != "SUCCESS":
            is_nowhere = error == "ORDERNOTEXIST"
            return Reply(Told.NOT_PAID if is_nowhere else Told.UNCLEAR, Reason.NONE if is_nowhere else
                         Reason.GATEWAY_ERROR, detail=detail)  # fmt: skip
        state = answer.get("trade_state", "")
        if state == "SUCCESS":
            return self._paid(order, answer)
        if answer.get("out_trade_no") != order.order_no:
            return UNBELIEVED
        told, reason = TRADE_STATES.get(state, (Told.UNCLEAR, Reason.GATEWAY_ERROR))
        return Reply(told, reason, detail=answer.get("trade_state_desc", state))

    def reverse(self, order: Order) -> Reply:
        answer = self._call(REVERSE, {"out_trade_no": order.order_no})
        if isinstance(answer, Reply):
            return answer
        error, detail = _error(answer)
        is_done = answer.get("result_code") == "SUCCESS"
        if answer.get("recall") == "Y" or error in ("SYSTEMERROR", "USERPAYING"):
            return Reply(Told.AGAIN, detail=detail)
        if is_done or error == "ORDERNOTEXIST":
            return Reply(Told.REVERSED, detail=detail)
        return Reply(Told.REFUSED, Reason.NOT_ALLOWED, detail=detail)

    def refund(self, order: Order, back: Back) -> RefundReply:
        fields = {
            "out_trade_no": order.order_no, "out_refund_no": back.refund_no, "total_fee": str(order.amount),
            "refund_fee": str(back.amount),
        }  # fmt: skip
        answer = self._call(REFUND, fields)
        if isinstance(answer, Reply):
            return _of_refund(answer)
        error, detail = _error(answer)
        if answer.get("result_code") == "SUCCESS":
            # It was taken on; the bank may need minutes, or refuse it.
            return RefundReply(RefundTold.PROCESSING, transaction_id=answer.get("refund_id", ""), detail=detail)
        if error in REFUND_LATER:
            return RefundReply(RefundTold.UNCLEAR, Reason.GATEWAY_ERROR, detail=detail)
        reason = Reason.NOT_ENOUGH if error == "NOTENOUGH" else Reason.NOT_ALLOWED
        return RefundReply(RefundTold.REFUSED, reason, detail=detail)

    def ask_refund(self, order: Order, back: Back) -> RefundReply:
        del order
        answer = self._call(REFUND_QUERY, {"out_refund_no": back.refund_no})
        if isinstance(answer, Reply):
            return _of_refund(answer)
        error, detail = _error(answer)
        if answer.get("result_code") != "SUCCESS":
            is_nowhere = error == "REFUNDNOTEXIST"
            return RefundReply(RefundTold.UNKNOWN_THERE if is_nowhere else RefundTold.UNCLEAR, detail=detail)
        if answer.get("out_refund_no_0") != back.refund_no or answer.get("refund_fee_0") != str(back.amount):
            return RefundReply(RefundTold.UNCLEAR, Reason.NOT_BELIEVED)
        told, reason = REFUND_STATES.get(answer.get("refund_status_0", ""), (RefundTold.UNCLEAR, Reason.GATEWAY_ERROR))
        return RefundReply(told, reason, answer.get("refund_id_0", ""), detail)

    def check(self) -> None:
        answer = self._call(QUERY, {"out_trade_no": ORDER_OF_NOBODY})
        if isinstance(answer, Reply):
            kind = GatewayUnreachable if answer.told is Told.NOT_SENT else GatewayError
            raise kind(answer.detail or str(answer.reason or answer.told))
        if answer.get("err_code") != "ORDERNOTEXIST":
            raise GatewayError(_error(answer)[1] or "an answer that was not expected")

    def _paid(self, order: Order, answer: Fields) -> Reply:
        found = (answer.get("out_trade_no"), answer.get("total_fee"), answer.get("fee_type", "CNY"))
        if found[0] != order.order_no:
            return UNBELIEVED
        if found[1:] != (str(order.amount), "CNY"):
            return Reply(Told.UNCLEAR, Reason.WRONG_AMOUNT, detail=f"asked for {order.amount}, told of {found[1:]}")
        return Reply(Told.PAID, transaction_id=answer.get("transaction_id", "")[:64])

    def _call(self, path: str, fields: Fields) -> Fields | Reply:
        """Return the believed answer of a call, or what is known without one."""
        account = self._account
        asked = {
            **fields, "appid": account.app_id, "mch_id": account.merchant_id, "sub_mch_id": account.sub_merchant_id,
            "sub_appid": account.sub_app_id, "nonce_str": secrets.token_hex(16), "sign_type": "HMAC-SHA256",
        }  # fmt: skip
        asked["sign"] = signature(asked, account.key)
        try:
            data = self._server.post(path, to_xml(asked), content_type="text/xml; charset=utf-8")
        except NotSentError as error:
            return Reply(Told.NOT_SENT, Reason.NO_LINE, detail=str(error))
        except NoAnswerError as error:
            return Reply(Told.UNCLEAR, Reason.NO_ANSWER, detail=str(error))
        answer = from_xml(data)
        if answer is None:
            return UNBELIEVED
        if answer.get("return_code") != "SUCCESS":
            # It carries no signature, so it decides nothing.
            return Reply(Told.UNCLEAR, Reason.GATEWAY_ERROR, detail=answer.get("return_msg", ""))
        is_ours = (answer.get("appid"), answer.get("mch_id")) == (account.app_id, account.merchant_id)
        if not is_ours or not hmac.compare_digest(
            answer.get("sign", "").encode(), signature(answer, account.key).encode()
        ):
            return UNBELIEVED
        return answer


def signature(fields: Fields, key: bytes) -> str:
    """Return what a request or an answer is signed with: its fields that are not empty, in order, and the key.

    >>> signature({"b": "2", "a": "1", "c": ""}, b"k")[:16]
    '7B1A5B4B0C6B2A9B'
    """
    plain = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] and name != "sign")
    return hmac.new(key, plain.encode() + b"&key=" + key, hashlib.sha256).hexdigest().upper()


def to_xml(fields: Fields) -> bytes:
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in sorted(fields.items()) if value)
    return f"<xml>{inside}</xml>".encode()


def from_xml(data: bytes) -> dict[str, str] | None:
    """Return the fields of an answer; None where it is anything else than one flat table.

    No reader of XML looks at it: what they may be talked into does not exist here.

    >>> from_xml(b"<xml><a><![CDATA[1]]></a><b>2 &amp; 3</b></xml>")
    {'a': '1', 'b': '2 & 3'}
    >>> from_xml(b"<xml><a><b>1</b></a></xml>") is None
    True
    """
    try:
        whole = WHOLE.fullmatch(data.decode())
    except UnicodeDecodeError:
        return None
    fields: dict[str, str] = {}
    inside, at = whole[1] if whole else "", 0
    while found := FIELD.match(inside, at):
        if found[1] in fields:
            return None
        fields[found[1]] = found[2] if found[2] is not None else unescape(found[3])
        at = found.end()
    return fields if fields and not inside[at:].strip() else None


def _error(answer: Fields) -> tuple[str, str]:
    code = answer.get("err_code", "")
    return code, f"{code} {answer.get('err_code_des', '')}".strip()[:200]


def _of_refund(reply: Reply) -> RefundReply:
    told = RefundTold.NOT_SENT if reply.told is Told.NOT_SENT else RefundTold.UNCLEAR
    return RefundReply(told, reply.reason, detail=reply.detail)
