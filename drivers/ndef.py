"""Reading the address that a card shows: its NDEF file by ISO 7816 commands, and the first address inside.

What comes back is only what the card says. Whether it proves anything is for `rules` to tell.
Source: NFC Forum Type 4 Tag, NDEF 1.0 and URI RTD; NXP AN12196 for NTAG 424 DNA.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import TEXT_MAX

SELECT_APPLICATION = bytes.fromhex("00a4040007d276000085010100")
SELECT_FILE = bytes.fromhex("00a4000c02e104")
CHUNK = 96
"""Bytes a READ BINARY asks for: the answer fits a frame of every card and reader."""
FILE_MAX = 1024
"""Longest NDEF message that is read; an address with its proof has about 150 bytes."""
RECORDS_MAX = 8
FINE = b"\x90\x00"

SHORT, HAS_ID, TYPE_FORMAT, WELL_KNOWN = 0x10, 0x08, 0x07, 0x01
URI_PREFIXES = (
    "", "http://www.", "https://www.", "http://", "https://", "tel:", "mailto:",
    "ftp://anonymous:anonymous@", "ftp://ftp.", "ftps://", "sftp://", "smb://", "nfs://", "ftp://", "dav://", "news:",
    "telnet://", "imap:", "rtsp://", "urn:", "pop:", "sip:", "sips:", "tftp:", "btspp://", "btl2cap://", "btgoep://",
    "tcpobex://", "irdaobex://", "file://", "urn:epc:id:", "urn:epc:tag:", "urn:epc:pat:", "urn:epc:raw:", "urn:epc:",
    "urn:nfc:",
)  # fmt: skip
"""By the first byte of a URI record."""


def read_address(transmit: Callable[[bytes], bytes]) -> str:
    """Return the address of a card's NDEF file; empty when it has none that can be read.

    Args:
        transmit: sends a command and returns the card's answer with its two status bytes; what it raises goes through.
    """
    for command in (SELECT_APPLICATION, SELECT_FILE):
        if transmit(command)[-2:] != FINE:
            return ""
    size = _read(transmit, 0, 2)
    if len(size) != 2:
        return ""
    length = int.from_bytes(size, "big")
    if not 0 < length <= FILE_MAX:
        return ""
    message = bytearray()
    for start in range(0, length, CHUNK):
        wanted = min(CHUNK, length - start)
        part = _read(transmit, 2 + start, wanted)
        if len(part) != wanted:
            return ""
        message += part
    return address_in(bytes(message))


def _read(transmit: Callable[[bytes], bytes], offset: int, size: int) -> bytes:
    answer = transmit(bytes((0x00, 0xB0, offset >> 8, offset & 0xFF, size)))
    return answer[:-2] if answer[-2:] == FINE else b""


def address_in(message: bytes) -> str:
    """Return the first address of an NDEF message; empty for one without, a broken one, or one that is no clean text.

    >>> address_in(bytes.fromhex("d1010b55046578616d706c652e636e"))
    'https://example.cn'
    >>> address_in(bytes.fromhex("d1010c55046578616d706c652e636e"))
    ''
    """
    for _ in range(RECORDS_MAX):
        if len(message) < 3:
            return ""
        head, type_size = message[0], message[1]
        size_end = 3 if head & SHORT else 6
        size = int.from_bytes(message[2:size_end], "big")
        id_size = message[size_end] if head & HAS_ID and len(message) > size_end else 0
        begin = size_end + (1 if head & HAS_ID else 0)
        payload_at = begin + type_size + id_size
        if len(message) < payload_at + size:
            return ""
        kind, payload = message[begin : begin + type_size], message[payload_at : payload_at + size]
        if head & TYPE_FORMAT == WELL_KNOWN and kind == b"U" and payload:
            return _clean(payload)
        message = message[payload_at + size :]
    return ""


def _clean(payload: bytes) -> str:
    prefix = URI_PREFIXES[payload[0]] if payload[0] < len(URI_PREFIXES) else ""
    # An address is ASCII by its standard: anything else is not one, and would be a hazard on the way to a screen.
    if not all(0x20 < byte < 0x7F for byte in payload[1:]):
        return ""
    text = prefix + payload[1:].decode("ascii")
    return text if len(text) <= TEXT_MAX else ""


def make_file(address: str) -> bytes:
    """Return the NDEF file of a card that shows an address: what a simulated card holds."""
    payload = b"\x00" + address.encode("ascii")
    size = bytes((len(payload),)) if len(payload) < 256 else len(payload).to_bytes(4, "big")
    head = 0xC1 | (SHORT if len(payload) < 256 else 0)
    message = bytes((head, 1)) + size + b"U" + payload
    return len(message).to_bytes(2, "big") + message
