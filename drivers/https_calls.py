"""One call over HTTPS: verified, bounded in time and size, and clear about whether the other side may have heard it.

The standard library's client does it all: a library for sessions, redirects and retries would bring what must not
happen to a payment.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from drivers.pay_gateway import GatewayError

ANSWER_MAX_BYTES = 256 * 1024
CONNECT_S = 6.0
CALL_S = 20.0
"""Longest that a call takes from the connection on."""


class NotSentError(Exception):
    """The other side was not reached, or is not who it should be: it has heard nothing."""


class NoAnswerError(Exception):
    """It may have heard the call, and nothing whole came back."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where calls go."""

    address: str
    """https://host[:port]."""
    context: ssl.SSLContext
    connect_s: float = CONNECT_S
    call_s: float = CALL_S

    def post(self, path: str, body: bytes, *, content_type: str) -> bytes:
        """Send one request, once, and return the whole answer. Raises NotSentError and NoAnswerError."""
        connection = self._connected()
        # Time-outs of the socket begin anew with every byte; this one does not.
        ends = threading.Timer(self.call_s, _shut, (connection,))
        ends.daemon = True
        ends.start()
        try:
            headers: Mapping[str, str] = {"Content-Type": content_type, "Connection": "close"}
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            data = answer.read(ANSWER_MAX_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(_words(error)) from None
        finally:
            ends.cancel()
            connection.close()
        if answer.status != http.client.OK:
            raise NoAnswerError(f"HTTP {answer.status}")
        if len(data) > ANSWER_MAX_BYTES or not answer.isclosed():
            raise NoAnswerError("the answer has no end")
        return data

    def reach(self) -> None:
        """Open the line and close it. Raises NotSentError."""
        self._connected().close()

    def _connected(self) -> http.client.HTTPSConnection:
        parts = urlsplit(self.address)
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port or 443, timeout=self.connect_s, context=self.context
        )
        try:
            connection.connect()
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise NotSentError(_words(error)) from None
        connection.sock.settimeout(self.call_s)
        return connection


def make_context(*, ca: Path | None = None, cert: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Return how a server is verified and, where it wants that, how we say who we are. Raises GatewayError.

    Args:
        ca: the authority to trust in the place of the system's.
        cert: our certificate, PEM, with its key.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
        if cert is not None:
            context.load_cert_chain(cert, key)
    except (OSError, ValueError) as error:
        raise GatewayError(f"{cert or ca}: {_words(error)}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _shut(connection: http.client.HTTPSConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
