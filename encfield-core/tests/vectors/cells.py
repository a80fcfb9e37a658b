#!/usr/bin/env python3
"""Opens and decodes cells that encfield wrote, by docs/FORMAT.md and reader.py alone.

    python3 cells.py FILE     what `cargo run --example write_cells` printed
"""

import datetime
import decimal
import ipaddress
import json
import sys
import uuid
from collections import Counter

from reader import open_value

# The fewest cells that count as all of them.
FLOOR = 10_000


def number(signed: bool):
    return lambda plain: str(int.from_bytes(plain, "big", signed=signed))


def truth(plain: bytes) -> str:
    return {b"\x00": "false", b"\x01": "true"}[plain]


def text(plain: bytes) -> str:
    return plain.decode("utf-8")


def seconds(plain: bytes, width: int, signed: bool) -> str:
    assert len(plain) == width + 4
    whole = int.from_bytes(plain[:width], "big", signed=signed)
    nanoseconds = int.from_bytes(plain[width:], "big")
    assert nanoseconds < 1_000_000_000
    return f"{whole} s {nanoseconds} ns"


def date(plain: bytes) -> str:
    assert len(plain) == 4
    days = int.from_bytes(plain, "big", signed=True)
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days)).isoformat()


def address(plain: bytes) -> str:
    assert len(plain) == 17
    if plain[0] == 4:
        assert plain[5:] == bytes(12)
        return str(ipaddress.IPv4Address(plain[1:5]))
    assert plain[0] == 6
    return str(ipaddress.IPv6Address(plain[1:]))


def decimals(plain: bytes) -> str:
    assert len(plain) == 13
    scale = plain[0] & 0x7F
    assert scale <= 28
    digits = str(int.from_bytes(plain[1:], "big")).rjust(scale + 1, "0")
    point = len(digits) - scale
    shown = digits[:point] + ("." + digits[point:] if scale else "")
    decimal.Decimal(shown)
    return ("-" if plain[0] & 0x80 else "") + shown


def unpadded(plain: bytes, length) -> bytes:
    value = plain.rstrip(b"\x00")
    assert value[-1] == 0x80
    assert length(len(value)) == len(plain)
    return value[:-1]


def multiple(length: int) -> int:
    return -(-length // 64) * 64


def padme(length: int) -> int:
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-length // step) * step


TYPES = {
    "bool": truth,
    "char": number(False),
    "u8": number(False),
    "i16": number(True),
    "u32": number(False),
    "i64": number(True),
    "u128": number(False),
    "i128": number(True),
    "f64": bytes.hex,
    "f32": bytes.hex,
    "text": text,
    "bytes": bytes.hex,
    "array": bytes.hex,
    "json": text,
    "padded 64": lambda plain: text(unpadded(plain, multiple)),
    "padded padme": lambda plain: text(unpadded(plain, padme)),
    "phone": text,
    "date": date,
    "time": lambda plain: seconds(plain, 4, False),
    "timestamp": lambda plain: seconds(plain, 8, True),
    "duration": lambda plain: seconds(plain, 8, False),
    "ip": address,
    "ipv6": bytes.hex,
    "uuid": lambda plain: str(uuid.UUID(bytes=plain)),
    "decimal": decimals,
}


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as lines:
        keyring = json.loads(json.loads(next(lines))["keyring"])
        keys = [bytes.fromhex(key["key"]) for key in keyring["encryption"]]
        assert len(keys) == 2
        read = Counter()
        for line in lines:
            cell = json.loads(line)
            bound = [bytes.fromhex(piece) for piece in cell["bound"]]
            value = bytes.fromhex(cell["value"])
            plain = open_value(keys, cell["table"], cell["column"], bound, value)
            shown = TYPES[cell["type"]](plain)
            assert shown == cell["shown"], (cell["type"], shown, cell["shown"])
            read[cell["type"]] += 1
    print(f"{read.total()} cells of {len(read)} types, read by another program: all agree")
    if read.total() < FLOOR or set(read) != set(TYPES):
        sys.exit(f"{FLOOR} cells of {len(TYPES)} types were expected")


if __name__ == "__main__":
    main()
