#!/usr/bin/env python3
"""Makes `made.json`: values as Fernet, django-fernet-fields, Rails and lockbox write them.

Needs `pip install cryptography`. Fernet tokens come from `cryptography.fernet` itself; the others are
put together here from the primitives of `cryptography`, `hashlib` and `zlib`, by what Rails and lockbox
do. Nothing here shares code with the readers. The random numbers come from a seed, so that a second run
gives the same file:

    python3 make.py > made.json
"""

import base64
import hashlib
import hmac
import json
import os
import random
import zlib

source = random.Random("encfield-import vectors 1")
# Fernet draws its IV from here.
os.urandom = lambda length: source.randbytes(length)

from cryptography.fernet import Fernet, InvalidToken, MultiFernet  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: E402

TEXTS = [
    b"",
    b"a",
    b"Dune",
    b"it works!",
    b"fifteen bytes..",
    b"sixteen bytes...",
    b"seventeen bytes..",
    "Gr\u00fc\u00dfe aus K\u00f6ln, \u65e5\u672c\u8a9e, \U0001f511".encode(),
    b"\x00\x01\x02\xff\xfe\xfd",
    b'{"p":"not a message","h":{}}',
    b"x" * 140,
    b"x" * 141,
    bytes(range(256)),
    "\u00e9".encode() * 500,
    b"\x80" + bytes(31),
]


def b64(data):
    return base64.b64encode(data).decode()


def fernet():
    cases = []
    for number, text in enumerate(TEXTS):
        keys = [Fernet.generate_key() for _ in range(1 + number % 3)]
        writer = Fernet(keys[-1])
        token = writer.encrypt_at_time(text, 1_000_000_000 + number * 86_400 * 365)
        assert MultiFernet([Fernet(key) for key in keys]).decrypt(token) == text
        cases.append(
            {
                "keys": [key.decode() for key in keys],
                "plaintext": text.hex(),
                "value": token.decode(),
            }
        )
    # The year 0 and the last second that there is.
    for when in (0, 2**64 - 1):
        key = Fernet.generate_key()
        token = Fernet(key).encrypt_at_time(b"any time", when)
        cases.append({"keys": [key.decode()], "plaintext": b"any time".hex(), "value": token.decode()})
    # Keys that somebody typed: the last letter has two bits too many, and the other alphabet.
    for typed in ("a" * 43 + "=", "0123456789+/" * 3 + "abcdefZ="):
        assert len(typed) == 44
        token = Fernet(typed).encrypt_at_time(b"typed", 1_700_000_000)
        cases.append({"keys": [typed], "plaintext": b"typed".hex(), "value": token.decode()})
    return cases


def fernet_refused():
    """Tokens that Python refuses, under a right code where there is one to be made."""
    key = Fernet.generate_key()
    raw = base64.urlsafe_b64decode(key)
    iv = source.randbytes(16)

    def sign(body):
        return base64.urlsafe_b64encode(body + hmac.digest(raw[:16], body, "sha256")).decode()

    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    def encrypt(padded):
        cipher = Cipher(algorithms.AES(raw[16:]), modes.CBC(iv)).encryptor()
        return cipher.update(padded) + cipher.finalize()

    head = b"\x80" + (1_700_000_000).to_bytes(8, "big") + iv
    bodies = {
        "no block at all": head,
        "half a block": head + encrypt(bytes(16))[:8],
        "a block and a half": head + encrypt(bytes(32))[:24],
        "padding of zero": head + encrypt(b"fifteen bytes..\x00"),
        "padding of 17": head + encrypt(b"\x11" * 32),
        "padding whose bytes differ": head + encrypt(b"thirteen byte\x02\x03\x03"),
        "padding longer than the text": head + encrypt(b"\xff" * 16),
        "version 0x81": b"\x81" + head[1:] + encrypt(b"\x10" * 16),
    }
    cases = []
    for name, body in bodies.items():
        token = sign(body)
        try:
            Fernet(key).decrypt(token)
        except InvalidToken:
            cases.append({"name": name, "key": key.decode(), "value": token})
        else:
            raise AssertionError(name)
    return cases


def django():
    cases = []
    secrets = ["s", "django-insecure-1!@#$%^&*()", "Schl\u00fcssel \U0001f511", "x" * 200, "a b\nc"]
    for number in range(20):
        chosen = [secrets[(number + step) % len(secrets)] for step in range(1 + number % 3)]
        keys = []
        for secret in chosen:
            kdf = HKDF(
                algorithm=hashes.SHA256(),
                length=32,
                salt=b"django-fernet-fields-hkdf-salt",
                info=b"django-fernet-fields",
            )
            keys.append(base64.urlsafe_b64encode(kdf.derive(secret.encode())))
        text = TEXTS[number % len(TEXTS)]
        # The newest key stands first; this value is as old as can be.
        token = Fernet(keys[-1]).encrypt_at_time(text, 1_600_000_000 + number)
        cases.append(
            {
                "secrets": chosen,
                "keys": [key.decode() for key in keys],
                "plaintext": text.hex(),
                "value": token.decode(),
            }
        )
    return cases


def rails_seal(key, text, deterministic=False):
    nonce = hmac.digest(key, text, "sha256")[:12] if deterministic else source.randbytes(12)
    sealed = AESGCM(key).encrypt(nonce, text, b"")
    return {"p": b64(sealed[:-16]), "h": {"iv": b64(nonce), "at": b64(sealed[-16:])}}


def rails():
    passwords = ["primary key one", "primary key two \u00fc"]
    derived = {}
    for digest in ("SHA1", "SHA256"):
        for password in passwords:
            for salt in ("key derivation salt", "\u00e4nother salt"):
                derived[digest, password, salt] = hashlib.pbkdf2_hmac(
                    digest.lower(), password.encode(), salt.encode(), 65_536, 32
                )
    cases = []
    for number in range(45):
        digest = ("SHA1", "SHA256")[number % 2]
        salt = ("key derivation salt", "\u00e4nother salt")[number // 2 % 2]
        writer = passwords[number // 4 % 2]
        key = derived[digest, writer, salt]
        case = {
            "hash_digest_class": digest,
            "salt": salt,
            "passwords": passwords if number % 5 else passwords[::-1],
            "key": key.hex(),
        }
        if number % 9 == 8:
            key = source.randbytes(32)
            case = {"raw_keys": [source.randbytes(32).hex(), key.hex()]}
        text = TEXTS[number % len(TEXTS)]
        is_envelope = number % 4 == 3
        deterministic = number % 4 == 1
        has_reference = number % 3 == 0
        payload, is_compressed = (text, False) if len(text) <= 140 else (zlib.compress(text), True)
        data_key = source.randbytes(32)
        message = rails_seal(data_key if is_envelope else key, payload, deterministic)
        if number % 7 == 6:
            message["h"]["e"] = b64(b"ASCII-8BIT")
        if has_reference:
            message["h"]["i"] = b64(hashlib.sha1(key).hexdigest()[:4].encode())
        if is_envelope:
            wrapped = rails_seal(key, data_key)
            wrapped["h"]["e"] = b64(b"ASCII-8BIT")
            message["h"]["k"] = wrapped
        if is_compressed:
            message["h"]["c"] = True
        if number % 11 == 10:
            message["h"]["later"] = [1, {"a": None}]
        case["envelope"] = is_envelope
        case["compressed"] = is_compressed
        case["plaintext"] = text.hex()
        case["value"] = json.dumps(message, separators=(",", ":"))
        cases.append(case)
    return cases


def lockbox_key(master, table, column):
    kdf = HKDF(
        algorithm=hashes.SHA384(),
        length=32,
        salt=table.encode(),
        info=b"\xb4" * 32 + column.encode(),
    )
    return kdf.derive(master)


def lockbox():
    cases = []
    places = [("users", "email_ciphertext"), ("patients", "note_ciphertext"), ("t\u00e4ble", "x_ciphertext")]
    for number in range(42):
        table, column = places[number % 3]
        masters = [source.randbytes(32) for _ in range(1 + number % 2)]
        key = lockbox_key(masters[-1], table, column)
        case = {
            "master_keys": [
                master.hex().upper() if number % 5 == 4 else master.hex() for master in masters
            ],
            "table": table,
            "column": column,
            "key": key.hex(),
        }
        if number % 7 == 3:
            key = source.randbytes(32)
            case = {"key": key.hex()}
        text = TEXTS[number % len(TEXTS)]
        padding = (0, 0, 0, 16, 32)[number % 5]
        associated = (b"", b"", b"user 7", bytes(range(40)))[number % 4]
        padded = text
        if padding:
            padded = text + b"\x80" + bytes(padding - 1 - len(text) % padding)
            assert len(padded) % padding == 0
        binary = number % 6 == 5
        nonce = source.randbytes(12)
        sealed = nonce + AESGCM(key).encrypt(nonce, padded, associated)
        # As lockbox does.
        if not padded:
            sealed = b""
        case["associated_data"] = associated.hex()
        case["padding"] = padding
        case["binary"] = binary
        case["plaintext"] = text.hex()
        case["value"] = sealed.hex() if binary else b64(sealed)
        cases.append(case)
    return cases


print(
    json.dumps(
        {
            "fernet": fernet(),
            "fernet_refused": fernet_refused(),
            "django": django(),
            "rails": rails(),
            "lockbox": lockbox(),
        },
        indent=1,
    )
)
