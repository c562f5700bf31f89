"""What the face lets in and what it keeps out, over real sockets."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.screen import Refusal, Stage
from tests.edge.web.preview import Preview, selling, serve

ROOT = Path(__file__).resolve().parents[3]


class Client:
    """A browser without a face: keeps its cookies."""

    def __init__(self, preview: Preview, **headers: str) -> None:
        self.host, self.port = "127.0.0.1", preview.server.port
        self.headers, self.cookies, self.token = headers, {}, ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
        wanted = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            wanted["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if isinstance(body, dict):
            body, wanted["Content-Type"] = json.dumps(body), "application/json"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        connection.request(method, path, body, wanted)
        answer = connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        text = answer.read().decode()
        connection.close()
        found = re.search(r'name="csrf[-_]token" (?:content|value)="([^"]+)"', text)
        self.token = found[1] if found else self.token
        return answer.status, text, answer.headers

    def do(self, action: str, arguments: Any = None, **headers: str) -> tuple[int, str]:
        headers.setdefault("X_CSRFToken", self.token)
        status, text, _ = self.ask("POST", f"/lane/1/do/{action}", arguments or {}, **headers)
        return status, text


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    with serve(tmp_path_factory.mktemp("door"), streams=2) as served:
        yield served


@pytest.fixture
def client(preview: Preview) -> Client:
    preview.answer = None
    preview.show(selling(1))
    made = Client(preview)
    assert made.ask("GET", "/lane/1")[0] == 200
    return made


def test_a_press_reaches_the_till(preview: Preview, client: Client) -> None:
    assert client.do("change_quantity", {"line_id": "1", "quantity": 3}) == (204, "")
    assert preview.calls("change_quantity")[-1] == {"line_id": "1", "quantity": 3}


def test_a_refusal_is_told_in_words(preview: Preview, client: Client) -> None:
    preview.answer = Refusal("unknown_code", {"text": "690"})
    status, text = client.do("scan", {"text": "690"})
    assert status == 200
    assert json.loads(text)["refusal"] == "unknown_code"
    assert "690" in json.loads(text)["text"]


@pytest.mark.parametrize(
    ("action", "arguments", "status"),
    [
        ("steal", {}, 404),  # there is no such action
        ("__init__", {}, 404),  # the table decides, not the class
        ("pay", {"sale_id": "s", "kind": "cash"}, 400),  # an argument is missing
        ("undo", {"more": 1}, 400),  # one too many
        ("pay", {"sale_id": "s", "kind": "cash", "given": -1}, 400),  # below the range
        ("pay", {"sale_id": "s", "kind": "cash", "given": 10_000_000_001}, 400),  # above it
        ("pay", {"sale_id": "s", "kind": "cash", "given": 1.5}, 400),  # money is a whole number of fen
        ("pay", {"sale_id": "s", "kind": "cash", "given": True}, 400),  # a truth is no number
        ("scan", {"text": 690}, 400),  # a number is no text
        ("scan", {"text": "7" * 5_000}, 400),  # longer than any code
        ("hold", {"note": "half a character \ud83d"}, 400),  # it can be written nowhere
    ],
)
def test_presses_that_mean_nothing(client: Client, action: str, arguments: Any, status: int) -> None:
    assert client.do(action, arguments)[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_CSRFToken": ""}, 400),  # another site cannot know the token
        ({"X_CSRFToken": "forged"}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),  # another port is another origin
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 400),  # DNS rebinding: the name is theirs, the address ours
    ],
)
def test_presses_of_other_sites(preview: Preview, client: Client, headers: dict[str, str], status: int) -> None:
    before = len(preview.calls("undo"))
    assert client.do("undo", **headers)[0] == status
    assert len(preview.calls("undo")) == before


def test_a_body_beyond_its_bound_is_not_even_read(preview: Preview) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", preview.server.port, timeout=10)
    connection.putrequest("POST", "/lane/1/do/scan")
    connection.putheader("Content-Length", "1100000")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_every_answer_is_under_the_policy(client: Client) -> None:
    _, _, headers = client.ask("GET", "/lane/1")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_the_session_cookie_is_strict(preview: Preview) -> None:
    _, _, headers = Client(preview).ask("GET", "/lane/1")
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Strict" in headers["Set-Cookie"]


def test_what_we_ship_of_others_is_what_the_lock_says() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "scripts/vendor"], capture_output=True, text=True, timeout=30, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    lock = json.loads((ROOT / "edge/web/static/vendor/vendor.lock").read_text(encoding="utf-8"))
    assert all(package["licence"] in package["files"] for package in lock.values())


def test_a_locked_lane_takes_nothing_but_a_sign_in(preview: Preview, client: Client) -> None:
    preview.show(selling(1, stage=Stage.LOCKED, staff=None))
    asked = len(preview.asked)
    assert json.loads(client.do("undo")[1])["refusal"] == "locked"
    assert len(preview.asked) == asked
    assert client.do("sign_in", {"staff_id": "s1", "pin": "1234"})[0] == 204
    for path in ("members?q=1", "receipts", "receipts/sale1", "items?q=1"):
        assert client.ask("GET", f"/lane/1/{path}")[0] == 403
    assert client.ask("GET", "/lane/1/settings")[0] == 200


def test_a_lane_that_is_not_there(client: Client) -> None:
    assert client.ask("GET", "/lane/7")[0] == 404
    assert client.ask("GET", "/lane/7/stream")[0] == 404


def test_one_stream_too_many(preview: Preview) -> None:
    held = [http.client.HTTPConnection("127.0.0.1", preview.server.port, timeout=5) for _ in range(3)]
    statuses = []
    for connection in held:
        connection.request("GET", "/lane/1/stream")
        statuses.append(connection.getresponse().status)
    assert statuses == [200, 200, 503]
    for connection in held:
        connection.sock.close() if connection.sock else None
        connection.close()
    # A place comes back once the server notices that the browser is gone.
    deadline = time.monotonic() + 5
    status = 503
    while status == 503 and time.monotonic() < deadline:
        again = http.client.HTTPConnection("127.0.0.1", preview.server.port, timeout=5)
        again.request("GET", "/lane/1/stream")
        status = again.getresponse().status
        again.close()
        time.sleep(0.1)
    assert status == 200


def test_a_terminal_of_the_lan_is_paired_once(preview: Preview, client: Client) -> None:
    lan = {"X-TapTill-Door": "lan", "Host": "taptill.lan", "Origin": "https://taptill.lan"}
    terminal = Client(preview, **lan)
    status, _, headers = terminal.ask("GET", "/lane/1")
    assert status == 401
    assert "Secure" in headers["Set-Cookie"]
    assert terminal.ask("GET", "/lane/1/stream")[0] == 401
    _, page, _ = client.ask("POST", "/lane/1/settings/pairing", "", X_CSRFToken=client.token)
    code = re.search(r"\d{6}", page)[0]  # type: ignore[index]
    wrong = "000000" if code != "000000" else "111111"
    form = {"Content_Type": "application/x-www-form-urlencoded", "X_CSRFToken": terminal.token}
    assert terminal.ask("POST", "/pair", f"code={wrong}", **form)[0] == 401
    assert terminal.ask("POST", "/pair", f"code={code}", **form)[0] == 401  # right, but too soon after the wrong one
    time.sleep(1.1)
    status, _, headers = terminal.ask("POST", "/pair", f"code={code}", **form)
    assert status == 303
    assert "Secure" in headers["Set-Cookie"]
    assert terminal.ask("GET", "/lane/1")[0] == 200
    assert terminal.ask("POST", "/lane/1/settings/pairing", "", X_CSRFToken=terminal.token)[0] == 403
    time.sleep(1.1)
    assert (
        Client(preview, **lan).ask("POST", "/pair", f"code={code}")[0] == 400
    )  # not even with a code, without a token
    other = Client(preview, **lan)
    other.ask("GET", "/pair")
    assert other.ask("POST", "/pair", f"code={code}", **{**form, "X_CSRFToken": other.token})[0] == 401  # used up
    forged = Client(preview, **lan)
    forged.cookies["taptill_terminal"] = terminal.cookies["taptill_terminal"][:-2] + "xx"
    assert forged.ask("GET", "/lane/1")[0] == 401


def test_the_server_stops_while_streams_are_open(tmp_path: Path) -> None:
    with serve(tmp_path) as served:
        held = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=5)
        held.request("GET", "/lane/1/stream")
        assert held.getresponse().status == 200
        began = time.monotonic()
        served.server.stop()
        assert time.monotonic() - began < 2
        held.close()
