#!/usr/bin/env python3
"""A second reader and writer of format 1, from docs/FORMAT.md alone.

Opens and seals every case of format1.json and both cases of xaes.json, and compares byte for byte.

    pip install cryptography
    python3 reader.py
"""

import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = Path(__file__).parent


class Refused(Exception):
    """The value is refused; the text says at which step."""


def expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256-Expand for up to 32 bytes: its first block."""
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


def key_id(key: bytes) -> bytes:
    return expand(key, b"encfield/1 key id", 8)


def pae(*pieces: bytes) -> bytes:
    out = struct.pack("<Q", len(pieces))
    for piece in pieces:
        out += struct.pack("<Q", len(piece)) + piece
    return out


def associated_data(header: bytes, table: str, column: str, bound: list) -> bytes:
    return pae(b"encfield/1", header, table.encode(), column.encode(), *bound)


def xaes(key: bytes, nonce: bytes) -> tuple:
    """The subkey and the rest of the nonce: XAES-256-GCM by C2SP."""
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update
    doubled = int.from_bytes(block(bytes(16)), "big") << 1
    if doubled >> 128:
        doubled ^= (1 << 128) | 0x87
    subkey = b""
    for counter in (b"\x00\x01", b"\x00\x02"):
        message = int.from_bytes(counter + b"X\x00" + nonce[:12], "big")
        subkey += block((message ^ doubled).to_bytes(16, "big"))
    return AESGCM(subkey), nonce[12:]


def seal(key: bytes, nonce: bytes, table: str, column: str, bound: list, plaintext: bytes) -> bytes:
    header = b"\xfe\x01" + key_id(key)
    cipher, rest = xaes(expand(key, b"encfield/1 encryption", 32), nonce)
    data = associated_data(header, table, column, bound)
    return header + nonce + cipher.encrypt(rest, plaintext, data)


def open_value(keys: list, table: str, column: str, bound: list, value: bytes) -> bytes:
    if not value:
        raise Refused("truncated")
    if value[0] != 0xFE:
        raise Refused("not ciphertext")
    if len(value) > 1 and value[1] != 1:
        raise Refused("unsupported format")
    if len(value) < 50:
        raise Refused("truncated")
    found = [key for key in keys if key_id(key) == value[2:10]]
    if not found:
        raise Refused("unknown key")
    cipher, rest = xaes(expand(found[0], b"encfield/1 encryption", 32), value[10:34])
    data = associated_data(value[:10], table, column, bound)
    try:
        return cipher.decrypt(rest, value[34:], data)
    except InvalidTag:
        raise Refused("not authentic") from None


def is_refused(why: str, *arguments) -> None:
    try:
        open_value(*arguments)
    except Refused as refused:
        assert str(refused) == why, (str(refused), why)
    else:
        raise AssertionError(f"opened, not refused: {why}")


def check_format(case: dict) -> None:
    key, nonce = bytes.fromhex(case["key"]), bytes.fromhex(case["nonce"])
    bound = [bytes.fromhex(piece) for piece in case["bound"]]
    plaintext, value = bytes.fromhex(case["plaintext"]), bytes.fromhex(case["value"])
    place = (case["table"], case["column"], bound)
    assert seal(key, nonce, *place, plaintext) == value, case["id"]
    assert open_value([bytes(32), key], *place, value) == plaintext, case["id"]
    assert len(value) == len(plaintext) + 50

    is_refused("unknown key", [bytes(32)], *place, value)
    is_refused("not authentic", [key], case["table"], case["column"] + "x", bound, value)
    is_refused("not authentic", [key], case["table"], case["column"], bound + [b""], value)
    is_refused("not authentic", [key], *place, value[:-1] + bytes([value[-1] ^ 1]))
    is_refused("truncated", [key], *place, value[:49])
    is_refused("truncated", [key], *place, b"")
    is_refused("unsupported format", [key], *place, b"\xfe\x02")
    is_refused("not ciphertext", [key], *place, b"K1234567")


def check_xaes(case: dict) -> None:
    field = {name: bytes.fromhex(case[name]) for name in ("key", "nonce", "aad", "plaintext")}
    cipher, rest = xaes(field["key"], field["nonce"])
    sealed = cipher.encrypt(rest, field["plaintext"], field["aad"])
    assert sealed.hex() == case["ciphertext_and_tag"], case["id"]


def main() -> None:
    figures = json.loads((HERE / "xaes.json").read_text())["cases"]
    values = json.loads((HERE / "format1.json").read_text())["cases"]
    for case in figures:
        check_xaes(case)
    for case in values:
        check_format(case)
    print(f"{len(figures)} cases of XAES-256-GCM, {len(values)} cases of format 1: all agree")
    if (len(figures), len(values)) != (2, 12):
        sys.exit("2 and 12 were expected")


if __name__ == "__main__":
    main()
