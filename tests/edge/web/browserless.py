"""A browser without a face, at a whole shop: keeps its cookies and follows nothing."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from tests.shops import TestShop


class Visitor:
    def __init__(self, shop: TestShop, headers: Mapping[str, str] | None = None) -> None:
        self.at = urlsplit(shop.parts.url)
        self.headers = dict(headers or {})
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: str) -> tuple[int, str]:
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def send(self, path: str, body: bytes, content_type: str) -> tuple[int, str]:
        return self._ask("POST", path, body, {"Content-Type": content_type})

    @staticmethod
    def token(text: str) -> str:
        found = re.search(r'name="csrf[-_]token" (?:content|value)="([^"]+)"', text)
        assert found, text[:300]
        return found[1]

    def _ask(self, method: str, path: str, body: str | bytes | None, more: Mapping[str, str]) -> tuple[int, str]:
        headers = {**self.headers, **more}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection(self.at.hostname or "", self.at.port, timeout=30)
        connection.request(method, quote(path, safe="/?&=%+"), body, headers)
        answer = connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, text
