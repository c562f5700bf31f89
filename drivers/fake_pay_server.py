"""A server that speaks as WeChat Pay and Alipay do, before a simulated gateway: signatures both ways, faults on demand.

What an adapter is tested against is what it meets in a shop: TLS, the wire format, a line that is cut anywhere.
"""

from __future__ import annotations

import base64
import hmac
import json
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from drivers import alipay, wechat_pay
from drivers.fake_gateway import CLOSED, FakeGateway
from drivers.pay_gateway import Back, Order, RefundReply, Reply
from rules.charge_refunds import RefundTold
from rules.charges import Reason, Told

FAULTS: Final = (
    "cut_before", "cut_after", "cut_half", "slow", "no_end", "http_500", "garbage", "wrong_signature", "another_order",
    "another_merchant", "no_signature",
)  # fmt: skip
"""What the next call meets once. Only `cut_before` and `http_500` leave the gateway without it."""
SLOW_S = 30.0
ENDLESS_BYTES = 1024 * 1024

WECHAT_FAILS: Final = {
    Reason.NOT_ENOUGH: "NOTENOUGH",
    Reason.CODE_EXPIRED: "AUTHCODEEXPIRE",
    Reason.CODE_INVALID: "AUTH_CODE_INVALID",
    Reason.CARD_REFUSED: "TRADE_ERROR",
    Reason.NOT_ALLOWED: "NOAUTH",
    Reason.CLOSED: "ORDERCLOSED",
    Reason.USED_BEFORE: "OUT_TRADE_NO_USED",
}
ALIPAY_FAILS: Final = {
    Reason.NOT_ENOUGH: "ACQ.BUYER_BALANCE_NOT_ENOUGH",
    Reason.CODE_EXPIRED: "ACQ.PAYMENT_AUTH_CODE_INVALID",
    Reason.CODE_INVALID: "ACQ.PAYMENT_AUTH_CODE_INVALID",
    Reason.CARD_REFUSED: "ACQ.PAYMENT_FAIL",
    Reason.NOT_ALLOWED: "ACQ.ACCESS_FORBIDDEN",
    Reason.CLOSED: "ACQ.TRADE_HAS_CLOSE",
    Reason.USED_BEFORE: "ACQ.TRADE_HAS_SUCCESS",
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the two services share with the shop."""

    wechat_app_id: str
    wechat_merchant_id: str
    wechat_key: bytes
    alipay_app_id: str
    app_public_key: rsa.RSAPublicKey
    alipay_private_key: rsa.RSAPrivateKey


class CutError(Exception):
    """The line is cut here."""


class FakePayServer:
    """Both services at one address, over one gateway."""

    def __init__(self, gateway: FakeGateway, secrets: Secrets, context: ssl.SSLContext) -> None:
        """Take any free port of this machine.

        Args:
            context: our certificate; it asks for the caller's where `verify_mode` is CERT_OPTIONAL.
        """
        self.gateway = gateway
        self.calls: list[tuple[str, dict[str, str]]] = []
        """Path or method, and the fields, of every call whose signature was good."""
        self._secrets = secrets
        self._fault = ""
        self._slow = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_POST(self) -> None:
                # A line that is cut is what the test wanted.
                with suppress(CutError, OSError):
                    owner.answer(self)
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        return f"https://localhost:{self._http.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._slow.set()
        self._http.shutdown()
        self._http.server_close()

    def next_fault(self, fault: str) -> None:
        """Let the next call meet one of FAULTS."""
        assert fault in FAULTS, fault
        self._fault = fault

    def answer(self, call: BaseHTTPRequestHandler) -> None:
        """Answer one call as its service would, with the fault that was asked for."""
        fault, self._fault = self._fault, ""
        body = call.rfile.read(int(call.headers.get("Content-Length", 0)))
        if fault == "cut_before":
            raise CutError
        if fault == "http_500":
            call.send_error(500)
            return
        path = urlsplit(call.path).path
        has_cert = bool(call.connection.getpeercert())
        data = self._alipay(body, fault) if path == alipay.PATH else self._wechat(path, body, fault, has_cert=has_cert)
        if fault == "cut_after":
            raise CutError
        if fault == "slow":
            self._slow.wait(SLOW_S)
        if fault == "garbage":
            data = b"\xff\xfe<xml><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>{\"a\":"
        call.send_response(200)
        call.send_header("Content-Length", str(ENDLESS_BYTES if fault == "no_end" else len(data)))
        call.end_headers()
        if fault == "cut_half":
            call.wfile.write(data[: len(data) // 2])
            raise CutError
        call.wfile.write(b" " * ENDLESS_BYTES if fault == "no_end" else data)

    # ------------------------------------------------------------------ WeChat

    def _wechat(self, path: str, body: bytes, fault: str, *, has_cert: bool) -> bytes:
        secrets = self._secrets
        asked = wechat_pay.from_xml(body) or {}
        expected = wechat_pay.signature(asked, secrets.wechat_key)
        who = (asked.get("appid"), asked.get("mch_id"))
        if not hmac.compare_digest(asked.get("sign", ""), expected) or who != (
            secrets.wechat_app_id,
            secrets.wechat_merchant_id,
        ):
            return wechat_pay.to_xml({"return_code": "FAIL", "return_msg": "签名错误"})
        if path.startswith("/secapi/") and not has_cert:
            return wechat_pay.to_xml({"return_code": "FAIL", "return_msg": "证书错误"})
        self.calls.append((path, asked))
        fields = {
            "return_code": "SUCCESS", "return_msg": "OK", "appid": asked["appid"], "mch_id": asked["mch_id"],
            "nonce_str": "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", **self._wechat_told(path, asked),
        }  # fmt: skip
        is_unsigned = fields.pop("unsigned", "") or fault == "wrong_signature"
        if fault == "another_merchant":
            fields["mch_id"] = "1999999999"
        if fault == "another_order" and "out_trade_no" in fields:
            fields["out_trade_no"] = "another" + fields["out_trade_no"][7:]
        signed = wechat_pay.signature(fields, b"somebody else's key" if is_unsigned else secrets.wechat_key)
        return wechat_pay.to_xml(fields if fault == "no_signature" else {**fields, "sign": signed})

    def _wechat_told(self, path: str, asked: dict[str, str]) -> dict[str, str]:
        order = Order(asked.get("out_trade_no", "taptillnone"), int(asked.get("total_fee", "0")))
        known = self.gateway.copy_of(order.order_no)
        if path == wechat_pay.PAY:
            return self._wechat_charge(order, self.gateway.charge(order, asked["auth_code"]))
        if path == wechat_pay.QUERY:
            if known is None:
                return _wechat_error("ORDERNOTEXIST")
            return self._wechat_ask(Order(order.order_no, known.amount), self.gateway.ask(order))
        if path == wechat_pay.REVERSE:
            reply = self.gateway.reverse(Order(order.order_no, known.amount if known else 1))
            if reply.told is Told.UNCLEAR:
                raise CutError
            if reply.told is Told.REVERSED:
                return {"result_code": "SUCCESS", "recall": "N"}
            again = reply.told is Told.AGAIN
            return {**_wechat_error("SYSTEMERROR" if again else "REVERSE_EXPIRE"), "recall": "Y" if again else "N"}
        if path == wechat_pay.REFUND:
            back = Back(asked["out_refund_no"], int(asked["refund_fee"]))
            return _wechat_refund(self.gateway.refund(order, back))
        assert path == wechat_pay.REFUND_QUERY, path
        return self._wechat_ask_refund(asked["out_refund_no"])

    def _wechat_charge(self, order: Order, reply: Reply) -> dict[str, str]:
        if reply.told is Told.PAID or reply.reason in (Reason.WRONG_AMOUNT, Reason.NOT_BELIEVED):
            return {"result_code": "SUCCESS", "trade_type": "MICROPAY", **_wechat_paid(order, reply)}
        if reply.reason is Reason.NO_ANSWER or reply.told is Told.NOT_SENT:
            raise CutError
        if reply.told is Told.USER_PAYING:
            return _wechat_error("USERPAYING")
        return _wechat_error(WECHAT_FAILS.get(reply.reason, "SYSTEMERROR"))

    def _wechat_ask(self, order: Order, reply: Reply) -> dict[str, str]:
        if reply.told is Told.NOT_SENT:
            raise CutError
        if reply.told is Told.PAID or reply.reason in (Reason.WRONG_AMOUNT, Reason.NOT_BELIEVED):
            return {"result_code": "SUCCESS", "trade_state": "SUCCESS", **_wechat_paid(order, reply)}
        found = self.gateway.copy_of(order.order_no)
        state = {Told.USER_PAYING: "USERPAYING", Told.NOT_PAID: "NOTPAY", Told.UNCLEAR: "STRANGE"}.get(reply.told)
        if state is None:
            is_reversed = found is not None and (found.is_reversed or found.state != CLOSED)
            cancelled = reply.reason is Reason.CUSTOMER_CANCELLED
            state = "REVOKED" if is_reversed else "PAYERROR" if cancelled else "CLOSED"
        return {"result_code": "SUCCESS", "trade_state": state, "out_trade_no": order.order_no}

    def _wechat_ask_refund(self, refund_no: str) -> dict[str, str]:
        found = next((each for each in self.gateway.orders.items() if refund_no in each[1].refunds), None)
        if found is None:
            return _wechat_error("REFUNDNOTEXIST")
        amount = found[1].refunds[refund_no].amount
        reply = self.gateway.ask_refund(Order(found[0], found[1].amount), Back(refund_no, amount))
        states = {RefundTold.REFUNDED: "SUCCESS", RefundTold.PROCESSING: "PROCESSING", RefundTold.REFUSED: "CHANGE"}
        if reply.told not in states:
            raise CutError
        return {
            "result_code": "SUCCESS", "out_refund_no_0": refund_no, "refund_fee_0": str(amount), "refund_id_0":
            "500" + refund_no[:20], "refund_status_0": states[reply.told],
        }  # fmt: skip

    # ------------------------------------------------------------------ Alipay

    def _alipay(self, body: bytes, fault: str) -> bytes:
        asked = dict(parse_qsl(body.decode(), keep_blank_values=True))
        method = asked.get("method", "")
        try:
            signed = base64.b64decode(asked.get("sign", ""))
            self._secrets.app_public_key.verify(signed, alipay.to_sign(asked), padding.PKCS1v15(), hashes.SHA256())
            is_good = asked.get("app_id") == self._secrets.alipay_app_id
        except (InvalidSignature, ValueError):
            is_good = False
        told: dict[str, str]
        if is_good:
            self.calls.append((method, asked))
            told = self._alipay_told(method, json.loads(asked["biz_content"]))
        else:
            told = {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"}
        is_unsigned = told.pop("unsigned", "") or fault in ("wrong_signature", "another_merchant")
        if fault == "another_order" and "out_trade_no" in told:
            told["out_trade_no"] = "another" + told["out_trade_no"][7:]
        # As the real one writes it: slashes escaped, Chinese as it is, the signature behind.
        inner = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
        key = rsa.generate_private_key(65537, 2048) if is_unsigned else self._secrets.alipay_private_key
        sign = base64.b64encode(key.sign(inner.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        tail = "" if fault == "no_signature" else f',"sign":"{sign}"'
        return f'{{"{method.replace(".", "_")}_response":{inner}{tail}}}'.encode()

    def _alipay_told(self, method: str, content: dict[str, str]) -> dict[str, str]:
        amount = alipay.minor(content.get("total_amount", "0")) or 0
        order = Order(content["out_trade_no"], amount)
        known = self.gateway.copy_of(order.order_no)
        if method == alipay.PAY:
            return _alipay_charge(order, self.gateway.charge(order, content["auth_code"]))
        if method == alipay.QUERY:
            if known is None:
                return _alipay_error("ACQ.TRADE_NOT_EXIST")
            return _alipay_ask(Order(order.order_no, known.amount), self.gateway.ask(order))
        if method == alipay.CANCEL:
            reply = self.gateway.reverse(Order(order.order_no, known.amount if known else 1))
            if reply.told is Told.UNCLEAR:
                raise CutError
            if reply.told is Told.REFUSED:
                return _alipay_error("ACQ.TRADE_CANCEL_TIME_OUT")
            again = "Y" if reply.told is Told.AGAIN else "N"
            return {"code": "10000", "msg": "Success", "out_trade_no": order.order_no, "retry_flag": again}
        if known is None:
            return _alipay_error("ACQ.TRADE_NOT_EXIST")
        back = Back(content["out_request_no"], alipay.minor(content.get("refund_amount", "0")) or 0)
        if method == alipay.REFUND:
            return _alipay_refund(order, self.gateway.refund(order, back))
        refund = known.refunds.get(back.refund_no)
        reply_of = self.gateway.ask_refund(order, back)
        found = {"code": "10000", "msg": "Success", "out_trade_no": order.order_no, "out_request_no": back.refund_no}
        if refund is not None and reply_of.told is RefundTold.REFUNDED:
            found |= {"refund_status": "REFUND_SUCCESS", "refund_amount": alipay.yuan(refund.amount)}
        return found


def _wechat_error(code: str) -> dict[str, str]:
    return {"result_code": "FAIL", "err_code": code, "err_code_des": f"说明 <{code}> & more"}


def _wechat_paid(order: Order, reply: Reply) -> dict[str, str]:
    amount = order.amount + (reply.reason is Reason.WRONG_AMOUNT)
    unsigned = {"unsigned": "yes"} if reply.reason is Reason.NOT_BELIEVED else {}
    return {
        "out_trade_no": order.order_no, "total_fee": str(amount), "fee_type": "CNY", "cash_fee": str(amount),
        "transaction_id": f"4200{order.order_no}"[:32], "openid": "oUpF8uN95-Ptaags6E_roPHg7AG0", **unsigned,
    }  # fmt: skip


def _wechat_refund(reply: RefundReply) -> dict[str, str]:
    if reply.told in (RefundTold.UNCLEAR, RefundTold.NOT_SENT):
        raise CutError
    if reply.told is RefundTold.REFUSED:
        return _wechat_error("NOTENOUGH" if reply.reason is Reason.NOT_ENOUGH else "ERROR")
    return {"result_code": "SUCCESS", "refund_id": "50000000000000000000"}


def _alipay_error(sub_code: str, code: str = "40004") -> dict[str, str]:
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": f"说明/{sub_code}"}


def _alipay_paid(order: Order, reply: Reply) -> dict[str, str]:
    amount = order.amount + (reply.reason is Reason.WRONG_AMOUNT)
    unsigned = {"unsigned": "yes"} if reply.reason is Reason.NOT_BELIEVED else {}
    return {
        "code": "10000", "msg": "Success", "out_trade_no": order.order_no, "total_amount": alipay.yuan(amount),
        "trade_no": f"2013{order.order_no}", "buyer_logon_id": "159****5620", **unsigned,
    }  # fmt: skip


def _alipay_charge(order: Order, reply: Reply) -> dict[str, str]:
    if reply.told is Told.PAID or reply.reason in (Reason.WRONG_AMOUNT, Reason.NOT_BELIEVED):
        return _alipay_paid(order, reply)
    if reply.reason is Reason.NO_ANSWER or reply.told is Told.NOT_SENT:
        raise CutError
    if reply.told is Told.USER_PAYING:
        return {"code": "10003", "msg": "order success pay inprocess", "out_trade_no": order.order_no}
    if reply.reason in ALIPAY_FAILS:
        return _alipay_error(ALIPAY_FAILS[reply.reason])
    return _alipay_error("aop.unknow-error", "20000")


def _alipay_ask(order: Order, reply: Reply) -> dict[str, str]:
    if reply.told is Told.NOT_SENT:
        raise CutError
    if reply.told is Told.PAID or reply.reason in (Reason.WRONG_AMOUNT, Reason.NOT_BELIEVED):
        return {**_alipay_paid(order, reply), "trade_status": "TRADE_SUCCESS"}
    if reply.told is Told.NOT_PAID:
        return _alipay_error("ACQ.TRADE_NOT_EXIST")
    state = "WAIT_BUYER_PAY" if reply.told is Told.USER_PAYING else "TRADE_CLOSED"
    return {"code": "10000", "msg": "Success", "out_trade_no": order.order_no, "trade_status": state}


def _alipay_refund(order: Order, reply: RefundReply) -> dict[str, str]:
    if reply.told in (RefundTold.UNCLEAR, RefundTold.NOT_SENT):
        raise CutError
    if reply.told is RefundTold.REFUSED:
        is_short = reply.reason is Reason.NOT_ENOUGH
        return _alipay_error("ACQ.SELLER_BALANCE_NOT_ENOUGH" if is_short else "ACQ.REASON_TRADE_REFUND_FEE_ERR")
    done = "Y" if reply.told is RefundTold.REFUNDED else "N"
    return {"code": "10000", "msg": "Success", "out_trade_no": order.order_no, "fund_change": done}
