"""The gateways that the configuration names, made ready: keys from files, certificates, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers import alipay, wechat_pay
from drivers.alipay import Alipay, AlipayAccount
from drivers.fake_gateway import FakeGateway
from drivers.https_calls import Server, make_context
from drivers.pay_gateway import Gateway, GatewayError
from drivers.wechat_pay import WechatAccount, WechatPay
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.config_file import Loaded, SecretError, find_secret, read_secret
from edge.health import Health
from rules.charges import CHANNELS

CHINA = ZoneInfo("Asia/Shanghai")
KEY_MAX_BYTES = 16_384


def make_gateway(
    config: GatewayConfig, *, base_dir: Path, clock: Clock, subject: str, channels: Sequence[str] = CHANNELS
) -> Gateway:
    """Return a gateway. Raises SecretError and GatewayError, which say what to do.

    Args:
        subject: what customers read in their bill where the configuration says nothing.
        channels: what a simulator takes.
    """
    subject = config.subject or subject
    if config.kind == "simulator":
        return FakeGateway(channels)
    address = config.server or {"wechat": wechat_pay.ADDRESS, "alipay": alipay.ADDRESS}[config.kind]
    files = {
        name: find_secret(value, base_dir=base_dir) if value else None
        for name, value in (("ca", config.ca_file), ("cert", config.cert_file), ("key", config.cert_key_file))
    }
    server = Server(address, make_context(ca=files["ca"], cert=files["cert"], key=files["key"]))
    if config.kind == "wechat":
        key = read_secret(config.key_file, base_dir=base_dir)
        return WechatPay(
            WechatAccount(
                config.app_id, config.merchant_id, key.encode(), config.sub_merchant_id, config.sub_app_id, subject
            ),
            server,
        )
    private_key = alipay.read_private_key(_read_pem(config.key_file, base_dir=base_dir))
    public_key = alipay.read_public_key(_read_pem(config.public_key_file, base_dir=base_dir))
    token = read_secret(config.token_file, base_dir=base_dir) if config.token_file else ""

    def now_text() -> str:
        return f"{datetime.fromtimestamp(clock.now_ms() // 1_000, UTC).astimezone(CHINA):%Y-%m-%d %H:%M:%S}"

    return Alipay(AlipayAccount(config.app_id, private_key, public_key, token, subject), server, now_text=now_text)


def make_gateways(loaded: Loaded, *, clock: Clock, health: Health) -> dict[str, Gateway]:
    """Return the gateways by the payment codes that they take; one that cannot be used leaves the others."""
    made: list[Gateway] = []
    for number, each in enumerate(loaded.config.gateway, 1):
        try:
            made.append(
                make_gateway(each, base_dir=loaded.base_dir, clock=clock, subject=loaded.config.store.name_zh_hans)
            )
        except (SecretError, GatewayError) as error:
            health.add_problem(f"gateway[{number}]: {error}")
    return by_channel(made)


def by_channel(made: Sequence[Gateway]) -> dict[str, Gateway]:
    """Return who takes which payment codes: a gateway of its own before a simulator."""
    found: dict[str, Gateway] = {}
    for gateway in sorted(made, key=lambda each: each.kind == "simulator"):
        for channel in gateway.channels:
            found.setdefault(channel, gateway)
    return found


def _read_pem(name: str, *, base_dir: Path) -> bytes:
    path = find_secret(name, base_dir=base_dir)
    try:
        with path.open("rb") as file:
            data = file.read(KEY_MAX_BYTES + 1)
    except OSError as error:
        raise SecretError(f"{path}: {error.strerror or error}") from None
    if not data.strip() or len(data) > KEY_MAX_BYTES:
        raise GatewayError(f"{path}: expected a key, PEM or base64")
    return data
