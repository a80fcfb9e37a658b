#!/usr/bin/env python3
"""Makes the seeds of the fuzzing targets of the vectors in the tests: `seeds.py FOLDER`."""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "encfield-core" / "tests" / "vectors"

# The order of targets/decode.rs.
TYPES = (
    "bool char u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64 String Vec<u8> [u8;16] Cow<str> Ipv4Addr "
    "Ipv6Addr IpAddr SystemTime Duration chrono::NaiveDate chrono::NaiveTime chrono::NaiveDateTime "
    "chrono::DateTime<Utc> chrono::DateTime<FixedOffset> time::Date time::OffsetDateTime "
    "phonenumber::PhoneNumber rust_decimal::Decimal uuid::Uuid padded padme json json json"
).split()


def strings(folder: Path, pattern: str) -> list:
    """String literals of the tests, which carry the published vectors."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".rs", ".json", ".txt"):
            found += re.findall(pattern, path.read_text(encoding="utf-8", errors="ignore"))
    return sorted(set(found))


def main() -> None:
    out = Path(sys.argv[1])
    seeds = {}
    cases = json.loads((VECTORS / "format1.json").read_text())["cases"]
    seeds["open"] = [bytes.fromhex(case["value"]) for case in cases]
    # A key, a nonce, the lengths of the names and of what is bound, and a byte to change.
    seeds["format"] = [
        bytes.fromhex(case["key"])
        + bytes.fromhex(case["nonce"])
        + bytes([len(case["table"].encode()), len(case["column"].encode()), 0, 77])
        + (case["table"] + case["column"]).encode()
        + bytes.fromhex(case["plaintext"])
        for case in cases
    ]
    seeds["decode"] = []
    for of in json.loads((VECTORS / "types.json").read_text())["types"]:
        examples = [case["encoding"] for case in of["cases"]] + [case["bytes"] for case in of["refused"]]
        picks = [at for at, name in enumerate(TYPES) if name == of["type"].replace(" ", "")]
        for pick in picks or [14]:
            seeds["decode"] += [bytes([pick]) + bytes.fromhex(example) for example in examples[:12]]
    for pick, plain in ((33, b"text\x80" + bytes(11)), (34, b"text\x80"), (36, b'{"a":[1,null]}'), (37, b'[1.5e3,"\\u00e9"]')):
        seeds["decode"].append(bytes([pick]) + plain)
    key = '{"id":"0a2fac17b4803429","state":"primary","key":"8c0786468c9c8c768337cb250029f920062e23e469cfefe78910becd87fb1912"'
    seeds["keyring"] = [
        ('{"encfield_keyring":1,"encryption":[%s}],"index":[]}' % key).encode(),
        ('{"encfield_keyring":1,"encryption":[%s,"created":"2026-01-01"}]}' % key).encode(),
        ('{"encfield_keyring":2,"role":"opens","encryption":[%s}]}' % key).encode(),
    ]
    quoted = r'"((?:[^"\\\n]|\\.){16,4000})"'
    seeds["import"] = [text.encode() for text in strings(ROOT / "encfield-import" / "tests", quoted)]
    seeds["import"] += [
        b"gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==",
        b'{"p":"DIohhw==","h":{"iv":"wEPaDcJP3VNIxaiz","at":"X7+2xvvcu1k1if6Dy28Esw=="}}',
        b"4nz8vb+KROTD6l9DvxanuOqn9OJWy7LpLDTKHHoM9Ll0lx+FAg==",
    ]
    hexadecimal = r'"((?:[0-9a-f]{2}){20,2000})"'
    seeds["pgcrypto"] = [bytes.fromhex(text) for text in strings(ROOT / "encfield-pgcrypto" / "tests", hexadecimal)]
    seeds["pgcrypto"].append(b"\xc3\x04\x04\x07\x03\x02\xd2\x10\x01")
    seeds["scrub"] = [
        b'INFO sign_up{country="IN" phone_number="+91"}: done',
        b'{"phoneNumber":"a\\"b","x":{"passport-number":["a",{"b":1}]}}',
        b"phone_number: Some(\"x\"), passport_number=+91 98 7, id=7 correct horse battery",
        b"\x1b[3mphone_number\x1b[0m\x1b[2m=\x1b[0mvalue",
    ]
    seeds["forms"] = [
        b"country=IN&age=7&phone_number=%2B91K1234567&more=a&more=b",
        b'{"country":"IN","age":7,"phone_number":"K1234567\\u00e9","more":["a"],"inner":{"secret":-7}}',
        b'{"phone_number":"K1234567","phone_number":null,"age":"old","inner":[',
    ]
    seeds["macro_input"] = [
        b"index = phone_index, pad = 64, hide_null, bind = id, scope = id as tenant, show = last4",
        b"serialize, crate = encfield, show_with = a::b, nested, not_wiped, serialize_exposed",
        b"rename_all = \"camelCase\", into = \"X\", serialize_with = \"f\", skip_serializing_if = \"a\"",
        b"level = \"debug\", skip(country), fields(a = %phone_number.b, c), err, ret, skip_all",
        b"treat_none_as_null = true, primary_key(a, b), table_name = x, embed, column_name = y",
        b"phone_number, self, crate = a",
        b"struct A { #[sensitive] a: B<C> }",
        b"enum A { B(#[sensitive] C) }",
        b"fn a<T: B>(&self, (c, d): (E, F)) -> G { let h = 1; }",
    ]
    for target, inputs in seeds.items():
        folder = out / target
        folder.mkdir(parents=True, exist_ok=True)
        assert inputs, target
        for at, seed in enumerate(inputs):
            (folder / f"{at:04}").write_bytes(seed)


if __name__ == "__main__":
    main()
