"""Both payment services on this machine for tests: keys and certificates of their own, and adapters that know them."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from drivers.alipay import Alipay, AlipayAccount
from drivers.fake_gateway import FakeGateway
from drivers.fake_pay_server import FakePayServer, Secrets
from drivers.https_calls import Server, make_context
from drivers.pay_gateway import Gateway
from drivers.wechat_pay import WechatAccount, WechatPay

WECHAT_KEY = b"192006250b4c09247ec02edce69f6a2d"
CALL_S = 1.0
"""Longest that an adapter of the tests waits for an answer."""


@dataclass(frozen=True, slots=True)
class PayServices:
    folder: Path
    gateway: FakeGateway
    server: FakePayServer
    secrets: Secrets
    app_key: rsa.RSAPrivateKey

    def adapter(self, kind: str, *, address: str = "", key: bytes = WECHAT_KEY, ca: Path | None = None) -> Gateway:
        """Return the shop's adapter of a service."""
        context = make_context(
            ca=ca or self.folder / "ca.pem", cert=self.folder / "shop.pem", key=self.folder / "shop.key"
        )
        server = Server(address or self.server.address, context, connect_s=1.0, call_s=CALL_S)
        if kind == "wechat":
            account = WechatAccount("wx8888888888888888", "1900000109", key, sub_merchant_id="1900000110")
            return WechatPay(account, server)
        public = self.secrets.alipay_private_key.public_key()
        return Alipay(AlipayAccount("2021000000000001", self.app_key, public), server,
                      now_text=lambda: "2026-11-29 10:00:00")  # fmt: skip


def make_services(folder: Path) -> PayServices:
    """Make keys, certificates and the server; it is not started."""
    folder.mkdir(parents=True, exist_ok=True)
    authority, authority_key = _certificate(folder, "ca", None)
    for name in ("server", "shop"):
        _certificate(folder, name, (authority, authority_key))
    app_key, alipay_key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    secrets = Secrets(
        "wx8888888888888888", "1900000109", WECHAT_KEY, "2021000000000001", app_key.public_key(), alipay_key
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    gateway = FakeGateway()
    (folder / "wechat.key").write_bytes(WECHAT_KEY)
    (folder / "app.key").write_bytes(_pem(app_key))
    (folder / "alipay.pub").write_bytes(
        alipay_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return PayServices(folder, gateway, FakePayServer(gateway, secrets, context), secrets, app_key)


def _certificate(
    folder: Path, name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
    )
    if issuer is None:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
    else:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[1].public_key()), critical=False
        )
    made = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(_pem(key))
    return made, key


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
