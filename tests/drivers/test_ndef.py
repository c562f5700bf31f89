"""The address that a card shows, by its commands and by its bytes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import TEXT_MAX
from drivers.ndef import CHUNK, FILE_MAX, SELECT_APPLICATION, SELECT_FILE, address_in, make_file, read_address

SUN = "https://till.example.cn/t?picc_data=EF963FF7828658A599F3041510671E88&cmac=94EED9EE65337086"


class Card:
    """A card as it answers commands; `refuse` counts down to a command that it refuses."""

    def __init__(self, file: bytes, refuse: int = 1_000) -> None:
        self.file, self.refuse, self.commands = file, refuse, []

    def __call__(self, command: bytes) -> bytes:
        self.commands.append(command)
        if len(self.commands) > self.refuse:
            return b"\x6a\x82"
        if command in (SELECT_APPLICATION, SELECT_FILE):
            return b"\x90\x00"
        offset, size = int.from_bytes(command[2:4], "big"), command[4]
        assert command[:2] == b"\x00\xb0" and size <= CHUNK
        return self.file[offset : offset + size] + b"\x90\x00"


@pytest.mark.parametrize("address", [SUN, "https://a.cn", "x" * 200, "https://a.cn/?" + "y" * 400])
def test_an_address_is_read(address):
    assert read_address(Card(make_file(address))) == address


@pytest.mark.parametrize("refuse", [0, 1, 2, 3])
def test_a_card_that_refuses_any_command_shows_nothing(refuse):
    assert read_address(Card(make_file(SUN), refuse)) == ""


@pytest.mark.parametrize("size", [0, FILE_MAX + 1, 0xFFFF])
def test_a_file_of_another_size_is_not_read(size):
    card = Card(size.to_bytes(2, "big") + bytes(64))
    assert (read_address(card), len(card.commands)) == ("", 3)


def test_a_file_that_ends_too_soon_shows_nothing():
    file = make_file(SUN)
    for cut in range(len(file)):
        assert read_address(Card(file[:cut])) == ""


@pytest.mark.parametrize(
    ("message", "address"),
    [
        ("d1010b55046578616d706c652e636e", "https://example.cn"),
        ("d1010b55006578616d706c652e636e", "example.cn"),
        ("d1010b55ff6578616d706c652e636e", "example.cn"),  # a prefix that is none
        ("91010454026 56e41".replace(" ", "") + "51010b55046578616d706c652e636e", "https://example.cn"),  # after a text
        ("d9010b0155046578616d706c652e636e".replace("5504", "55ab04", 1), "https://example.cn"),  # with an id
        ("c1010000000b55046578616d706c652e636e", "https://example.cn"),  # with a long length
        ("d1010454026 56e41".replace(" ", ""), ""),  # a text alone
        ("d201035561 6263".replace(" ", ""), ""),  # a media type, not an address
        ("d1010455040a6161", ""),  # a line break
        ("d1010455 04e4bda0".replace(" ", ""), ""),  # not ASCII
        ("d1010055", ""),
        ("", ""),
        ("d1", ""),
        ("d101ff55", ""),
    ],
)
def test_messages(message, address):
    assert address_in(bytes.fromhex(message)) == address


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_message_gives_a_clean_bounded_address(message):
    address = address_in(message)
    assert len(address) <= TEXT_MAX and address.isascii() and address.isprintable()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=120), max_size=20))
def test_any_answers_are_survived(answers):
    waiting = list(answers)
    assert isinstance(read_address(lambda _: waiting.pop() if waiting else b""), str)


def test_a_million_random_bytes():
    noise = random.Random(424)
    for _ in range(1_000):
        address_in(noise.randbytes(1_000))
    assert address_in(make_file(SUN)[2:]) == SUN
