"""What an NTAG 424 DNA card proves: its secure unique message (SUN), the keys behind it, and a card that makes one.

The card puts its UID and a counter that rises with each tap into the address that it shows, in the clear or enciphered,
and a code (MAC) over them that only the holder of its key can make. Whether the counter is new is for the store to say.

Sources: NXP AN12196 (features and hints), AN10922 (symmetric key diversification); AES mode, not LRP.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

KEY_BYTES = 16
UID_BYTES = 7
COUNTER_MAX = 0xFF_FFFF
TEXT_MAX = 512
"""Longest message, in characters, that is looked at."""
FILE_DIGITS_MAX = 256
"""Hex digits of the longest enciphered file that is looked at."""

# The parameter names of NXP's examples and of the common readers of such messages.
PICC_NAMES = ("picc_data", "e", "d")
UID_NAMES, COUNTER_NAMES = ("uid",), ("ctr",)
FILE_NAMES = ("enc",)
MAC_NAMES = ("cmac", "c")

PICC_DIGITS, MAC_DIGITS, COUNTER_DIGITS = 32, 16, 6
_UID_AND_COUNTER = 0xC0
_SV_ENC, _SV_MAC = bytes.fromhex("c33c00010080"), bytes.fromhex("3cc300010080")
_BLOCK = 16
_HEX = re.compile(r"[0-9A-Fa-f]+")

APPLICATION = bytes.fromhex("d2760000850101")
"""ISO name of the card's NDEF application, a part of what keys are made of."""
SYSTEM = b"TapTill"
KEY_NUMBERS = (0, 1, 2, 3, 4)
META_KEY, FILE_KEY = 1, 2
"""Key 1 deciphers the UID, so all cards of a shop share it; key 2 makes the code and is each card's own."""


@dataclass(frozen=True, slots=True)
class SunText:
    """A message as it was read, nothing of it believed yet."""

    mac: str
    """16 hex digits."""
    picc: str = ""
    """32 hex digits: UID and counter, enciphered; empty where they stand in the clear."""
    uid: str = ""
    counter: str = ""
    """Six hex digits, most significant byte first."""
    file: str = ""
    """Hex of the enciphered file; empty where there is none."""
    mac_input: str = ""
    """What the code is over beside UID and counter, as it stands in the address."""


@dataclass(frozen=True, slots=True)
class SunProof:
    """What a genuine message says."""

    uid: str
    """Lower-case hex."""
    counter: int


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The keys that a message is checked with."""

    meta: bytes
    file: bytes


def read_sun(text: str) -> SunText | None:
    """Return the parts of a message, or None for a text that is none.

    >>> read_sun("https://a.cn/t?uid=042D2AAAC41390&ctr=000007&cmac=47F6E97894E46FF1").counter
    '000007'
    """
    if len(text) > TEXT_MAX or not text.isascii() or "?" not in text:
        return None
    try:
        query = urlsplit(text.strip()).query
        given = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=16))
    except ValueError:
        return None
    picc, uid, counter = _first(given, PICC_NAMES), _first(given, UID_NAMES), _first(given, COUNTER_NAMES)
    file, mac = _first(given, FILE_NAMES), _first(given, MAC_NAMES)
    mac_input = ""
    if picc and not mac and len(picc) > PICC_DIGITS + MAC_DIGITS:
        # One parameter for all: UID and counter, file, code.
        picc, file, mac = picc[:PICC_DIGITS], picc[PICC_DIGITS:-MAC_DIGITS], picc[-MAC_DIGITS:]
        mac_input = file
    elif file:
        # The card makes the code over its own text, up to where the code itself begins.
        at = query.find(file)
        mac_input = query[at : query.find(mac, at + len(file))] if mac else ""
    if not _is_hex(mac, MAC_DIGITS) or (file and not _is_file(file)):
        return None
    if _is_hex(picc, PICC_DIGITS):
        return SunText(mac=mac, picc=picc, file=file, mac_input=mac_input)
    if not picc and _is_hex(uid, UID_BYTES * 2) and _is_hex(counter, COUNTER_DIGITS):
        return SunText(mac=mac, uid=uid, counter=counter, file=file, mac_input=mac_input)
    return None


def named_card(message: SunText, meta_key: bytes) -> SunProof | None:
    """Return the card and counter that a message names, unproved; None where they cannot be deciphered to one."""
    if not message.picc:
        return SunProof(message.uid.lower(), int(message.counter, 16))
    plain = _cbc(meta_key, bytes(_BLOCK)).decryptor().update(bytes.fromhex(message.picc))
    if plain[0] & _UID_AND_COUNTER != _UID_AND_COUNTER or plain[0] & 0x0F != UID_BYTES:
        return None
    counter = int.from_bytes(plain[1 + UID_BYTES : 4 + UID_BYTES], "little")
    return SunProof(plain[1 : 1 + UID_BYTES].hex(), counter)


def check_sun(message: SunText, keys: CardKeys) -> SunProof | None:
    """Return what a genuine message says, or None for a forged one. Whether it was shown before is not known here."""
    named = named_card(message, keys.meta)
    if named is None:
        return None
    wanted = sun_mac(keys.file, named.uid, named.counter, message.mac_input)
    return named if hmac.compare_digest(wanted, bytes.fromhex(message.mac)) else None


def sun_mac(file_key: bytes, uid: str, counter: int, mac_input: str) -> bytes:
    """Return the code of a message: every second byte of the CMAC, which is what a card shows."""
    session_key = cmac(file_key, session_vector(_SV_MAC, uid, counter))
    return cmac(session_key, mac_input.encode("ascii"))[1::2]


def read_file(message: SunText, named: SunProof, file_key: bytes) -> bytes:
    """Return the file that a genuine message carries, deciphered; empty where it carries none."""
    if not message.file:
        return b""
    key = cmac(file_key, session_vector(_SV_ENC, named.uid, named.counter))
    counter = named.counter.to_bytes(3, "little")
    ecb = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - one block, as the card makes its IV
    iv = ecb.update(counter + bytes(_BLOCK - len(counter)))
    return _cbc(key, iv).decryptor().update(bytes.fromhex(message.file))


def session_vector(prefix: bytes, uid: str, counter: int) -> bytes:
    """Return what a session key is made of: prefix, UID and counter, filled up to whole blocks."""
    vector = prefix + bytes.fromhex(uid) + counter.to_bytes(3, "little")
    return vector + bytes(-len(vector) % _BLOCK)


def cmac(key: bytes, data: bytes) -> bytes:
    """Return the 16 bytes of the AES-CMAC (NIST SP 800-38B)."""
    code = CMAC(algorithms.AES(key))
    code.update(data)
    return code.finalize()


def diversified(master: bytes, data: bytes) -> bytes:
    """Return the AES-128 key that a master key gives for some data.

    Args:
        data: 16 to 31 bytes; what is shorter would be filled up in another way than CMAC's own.

    Source: NXP AN10922, 2.2.

    >>> master = bytes.fromhex("00112233445566778899aabbccddeeff")
    >>> diversified(master, bytes.fromhex("04782e21801d803042f54e585020416275")).hex()
    'a8dd63a3b89d54b37ca802473fda9175'
    """
    assert len(master) == KEY_BYTES and _BLOCK <= len(data) < 2 * _BLOCK
    return cmac(master, b"\x01" + data)


def card_key(master: bytes, uid: str, number: int) -> bytes:
    """Return the key of a number for a card: that of every card for `META_KEY`, the card's own for the others.

    Args:
        uid: seven bytes in hex.
        number: one of `KEY_NUMBERS`.
    """
    assert number in KEY_NUMBERS and len(uid) == UID_BYTES * 2
    whose = bytes(UID_BYTES) if number == META_KEY else bytes.fromhex(uid)
    return diversified(master, whose + APPLICATION + bytes((number,)) + SYSTEM)


def keys_of(master: bytes, message: SunText) -> CardKeys:
    """Return the keys that a message is to be checked with; those of no card where it names none."""
    meta = card_key(master, "00" * UID_BYTES, META_KEY)
    named = named_card(message, meta)
    return CardKeys(meta, card_key(master, named.uid if named else "00" * UID_BYTES, FILE_KEY))


def make_sun(keys: CardKeys, uid: str, counter: int, *, address: str, salt: bytes = bytes(5)) -> str:
    """Return the message that a card shows at a tap, enciphered: what a simulated card is made of.

    Args:
        address: up to the question mark.
        salt: five bytes that make two messages of one counter differ, as the card's own random ones do.
    """
    assert 0 <= counter <= COUNTER_MAX and len(salt) == 5
    tag = bytes((_UID_AND_COUNTER | UID_BYTES,))
    plain = tag + bytes.fromhex(uid) + counter.to_bytes(3, "little") + salt
    picc = _cbc(keys.meta, bytes(_BLOCK)).encryptor().update(plain)
    return f"{address}?picc_data={picc.hex().upper()}&cmac={sun_mac(keys.file, uid, counter, '').hex().upper()}"


def _first(given: dict[str, str], names: tuple[str, ...]) -> str:
    return next((given[name] for name in names if name in given), "")


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and _HEX.fullmatch(text) is not None


def _is_file(text: str) -> bool:
    return len(text) <= FILE_DIGITS_MAX and len(text) % (_BLOCK * 2) == 0 and _HEX.fullmatch(text) is not None


def _cbc(key: bytes, iv: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(iv))
