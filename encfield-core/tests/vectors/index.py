#!/usr/bin/env python3
"""A second maker of blind index tags, from docs/FORMAT.md alone: checks index.json byte for byte.

    pip install argon2-cffi
    python3 index.py          # checks
    python3 index.py --write  # writes the file; only for a new kind of index, as the format is frozen
"""

import hashlib
import hmac
import json
import struct
import sys
import unicodedata
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw

FILE = Path(__file__).parent / "index.json"
KEY = bytes(range(32))


def expand(key: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-SHA256-Expand for up to 32 bytes: its first block."""
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


def pae(*pieces: bytes) -> bytes:
    out = struct.pack("<Q", len(pieces))
    for piece in pieces:
        out += struct.pack("<Q", len(piece)) + piece
    return out


# The places that a key is derived for: table, column, index.

def column(table: str, name: str) -> tuple:
    return table.encode(), name.encode(), b""


def compound(*columns: tuple) -> tuple:
    names = [part.encode() for pair in columns for part in pair]
    return b"", pae(*names), b"compound"


def shared(domain: str) -> tuple:
    return b"", domain.encode(), b"shared"


# The normal forms.

def nfkc(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def case_folded(text: str) -> str:
    folded = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFD", folded)


def digits(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c in "0123456789")


def email(text: str) -> str:
    trimmed = unicodedata.normalize("NFKC", text).strip()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", trimmed).casefold())


def last_four(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())[-4:]


def first_letter(text: str) -> str:
    return case_folded(next(c for c in unicodedata.normalize("NFKC", text) if c.isalpha()))


def year(number: int) -> bytes:
    return struct.pack(">i", number)


def prefixes(text: str, shortest: int, longest: int) -> list:
    return [text[:n] for n in range(shortest, min(len(text), longest) + 1)]


def runs(text: str, length: int) -> list:
    return sorted({text[at:at + length] for at in range(len(text) - length + 1)})


# The tags.

def tag(place: tuple, normaliser: str, normal: bytes, bits: int = 256, slow: tuple = ()) -> bytes:
    pieces = (*place, normaliser.encode())
    key = expand(KEY, pae(b"encfield/1 index", *pieces))
    if slow:
        memory, passes = slow
        salt = expand(KEY, pae(b"encfield/1 index salt", *pieces))[:16]
        normal = hash_secret_raw(normal, salt, passes, memory, 1, 32, Type.ID, 0x13)
    full = hmac.new(key, normal, hashlib.sha256).digest()
    length = -(-bits // 8)
    cut = int.from_bytes(full[:length], "big")
    spare = length * 8 - bits
    return (cut >> spare << spare).to_bytes(length, "big")


def cases() -> dict:
    name, phone = column("people", "name"), column("people", "phone_number")
    passport = column("people", "passport_number")
    both = compound(("people", "name"), ("people", "birth_date"))
    folded = case_folded(nfkc("  Jörg  MAßMANN ")).encode()
    chain = "chain/1(nfkc/1,case-folded/1)"
    all_cases = {
        "exact": tag(passport, "exact/1", b"K1234567"),
        "exact of the empty text": tag(passport, "exact/1", b""),
        "exact of bytes": tag(passport, "exact/1", b"\x00\xff"),
        "exact of a u32": tag(passport, "exact/1", struct.pack(">I", 1234567)),
        "few values": tag(passport, "few-values/1", b"\x01"),
        "case folded": tag(name, "case-folded/1", case_folded("Jörg MAßMANN").encode()),
        "nfkc": tag(name, "nfkc/1", nfkc("  \ufb01\u00a0 Ａ ").encode()),
        "digits": tag(phone, "digits/1", digits("K-12\uff13 456").encode()),
        "email": tag(name, "email/1", email(" Ann.Ö+x@EXAMPLE.org ").encode()),
        "last four": tag(passport, "last-four/1", last_four("K-123 45\uff16 7").encode()),
        "first letter": tag(name, "first-letter/1", first_letter(" 1 O\u0308zil").encode()),
        "year": tag(column("people", "birth_date"), "year/1", year(1984)),
        "chain": tag(name, chain, folded),
        "e164": tag(phone, "e164/1", b"+919876543210"),
        "e164 in a region": tag(phone, "e164-in/1(IN)", b"+919876543210"),
        "compound": tag(both, f"compound/1({chain},year/1)", pae(folded, year(1984))),
        "truncated to 12": tag(name, f"truncated/1(12,{chain})", folded, 12),
        "truncated to 128": tag(name, f"truncated/1(128,{chain})", folded, 128),
        "slow": tag(phone, "slow/1(argon2id,64,3,e164/1)", b"+919876543210", 256, (64, 3)),
        "shared": tag(shared("addresses"), "email/1", b"ann@example.org"),
    }
    text = folded.decode()
    for part in prefixes(text, 2, 4):
        all_cases[f"prefix {len(part)}"] = tag(name, f"prefixes/1(2,4,{chain})", part.encode())
    for at, part in enumerate(runs(text, 3)):
        all_cases[f"run {at}"] = tag(name, f"n-grams/1(3,{chain})", part.encode())
    return {case: made.hex() for case, made in all_cases.items()}


def main() -> None:
    made = {"key": KEY.hex(), "cases": cases()}
    if "--write" in sys.argv:
        FILE.write_text(json.dumps(made, indent=2) + "\n")
    assert json.loads(FILE.read_text()) == made, "index.json and this page of Python disagree"
    print(f"{len(made['cases'])} tags: all agree")


if __name__ == "__main__":
    main()
