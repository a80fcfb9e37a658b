#!/bin/sh
# Makes gpg.json: messages by GnuPG, for the forms that are read and that pgcrypto does not write.
#
#     sh make_gpg.sh > gpg.json
set -eu
home=$(mktemp -d)
trap 'gpgconf --homedir "$home" --kill all; rm -rf "$home"' EXIT
gpg="gpg --homedir $home --batch --quiet --no-tty --pinentry-mode loopback --no-symkey-cache --no-auto-key-locate --passphrase horse"
first=1
message() { # the expected kind or "opens", and the options
    expected=$1
    shift
    [ $first = 1 ] || printf ',\n'
    first=0
    hex=$(printf 'Secret message.' | $gpg "$@" | od -An -v -tx1 | tr -d ' \n')
    printf '  {"expected": "%s", "options": "%s", "message": "%s"}' "$expected" "$(echo "$*" | sed "s|$home||g")" "$hex"
}
printf '{\n "origin": "%s, by make_gpg.sh", "passphrase": "horse", "plaintext": "Secret message.",\n "cases": [\n' \
    "$(gpg --version | head -n 1)"
for hash in SHA1 SHA224 SHA256 SHA384 SHA512 RIPEMD160; do
    message opens --symmetric --s2k-count 65536 --s2k-digest-algo $hash --cipher-algo AES256
done
for cipher in 3DES CAST5 BLOWFISH AES AES192 AES256; do
    for mode in 0 1 3; do
        message opens --symmetric --s2k-mode $mode --s2k-count 65536 --cipher-algo $cipher
    done
done
for packed in none zip zlib; do
    message opens --symmetric --s2k-count 65536 --compress-algo $packed
    message opens --symmetric --armor --s2k-count 65536 --compress-algo $packed --comment 'made: here'
done
message opens --symmetric --s2k-count 65536 --textmode
message Unsupported --symmetric --s2k-count 65536 --compress-algo bzip2
for cipher in TWOFISH CAMELLIA128 CAMELLIA192 CAMELLIA256 IDEA; do
    message Unsupported --symmetric --s2k-count 65536 --cipher-algo $cipher
done
$gpg --passphrase '' --quick-generate-key nobody@example.org rsa2048 sign,encr never 2> /dev/null
message Unsupported --encrypt --trust-model always --recipient nobody@example.org
message opens --encrypt --symmetric --s2k-count 65536 --trust-model always --recipient nobody@example.org
message Unsupported --sign --symmetric --s2k-count 65536
message Unsupported --sign
message StoredInTheClear --store
message StoredInTheClear --store --compress-algo none
printf '\n ]\n}\n'
