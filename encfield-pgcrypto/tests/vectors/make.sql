-- Makes pgcrypto.json: messages by pgcrypto itself, in many of the forms its options allow.
--
--     psql -At -f make.sql -o pgcrypto.json
--
-- in a database with `CREATE EXTENSION pgcrypto`. Blowfish and CAST5 need a server that was started with
-- OpenSSL's legacy provider (an OPENSSL_CONF that activates `default` and `legacy`). The plaintext of a
-- case is what the server opens its message to; from 256 bytes on its SHA-256 alone is written.
\set ON_ERROR_STOP on
\set QUIET on

create temporary table cases (
    id integer generated always as identity,
    options text not null,
    passphrase text not null default 'correct horse',
    plain bytea not null default 'Secret message.',
    function text not null default 'pgp_sym_encrypt_bytea',
    armor text
);

-- Every cipher with every kind of key.
insert into cases (options)
select format('cipher-algo=%s, s2k-mode=%s, sess-key=%s', cipher, mode, own)
from unnest(array['aes128', 'aes192', 'aes256', '3des', 'bf', 'cast5']) cipher,
    unnest(array[0, 1, 3]) mode, unnest(array[0, 1]) own;

-- Every hash, with keys shorter and longer than it.
insert into cases (options)
select format('s2k-digest-algo=%s, s2k-mode=%s, cipher-algo=%s', hash, mode, cipher)
from unnest(array['md5', 'sha1', 'ripemd160', 'sha256', 'sha384', 'sha512']) hash,
    unnest(array['0', '1', '3, s2k-count=1024']) mode, unnest(array['aes128', 'aes256']) cipher;

-- Without a modification detection code.
insert into cases (options)
select format('disable-mdc=1, cipher-algo=%s, sess-key=%s, compress-algo=%s', cipher, own, packed)
from unnest(array['aes128', 'aes256', '3des', 'bf', 'cast5']) cipher, unnest(array[0, 1]) own,
    unnest(array[0, 2]) packed;

-- Compressed.
insert into cases (options, plain)
select format('compress-algo=%s, compress-level=%s, disable-mdc=%s', packed, level, bare),
    convert_to(repeat('the same again, ', times), 'UTF8')
from unnest(array[1, 2]) packed, unnest(array[0, 1, 6, 9]) level, unnest(array[0, 1]) bare,
    unnest(array[1, 20000]) times
where times = 1 or level in (6, 9);

-- The session key and the data under two ciphers.
insert into cases (options)
select format('sess-key=1, cipher-algo=%s, s2k-cipher-algo=%s', cipher, outer_cipher)
from unnest(array['aes128', 'aes256', 'bf']) cipher, unnest(array['aes192', '3des', 'cast5']) outer_cipher;

-- The ends of the iteration count.
insert into cases (options) values ('s2k-count=1024'), ('s2k-count=65536'), ('s2k-count=65011712');

-- Lengths at which a header changes its form, and more than one part.
insert into cases (options, plain)
select format('cipher-algo=aes128, disable-mdc=%s', bare),
    (select coalesce(string_agg(substr(gen_random_bytes(8), 1, least(8, length - at)), ''), '')
     from generate_series(0, length - 1, 8) at)
from unnest(array[0, 1, 14, 15, 16, 130, 143, 144, 150, 183, 184, 191, 192, 255, 256, 1000, 8383, 8384, 20000])
    length, unnest(array[0, 1]) bare
where bare = 0 or length in (0, 16, 20000);

-- Text.
insert into cases (options, plain, function)
select options, convert_to(plain, 'UTF8'), 'pgp_sym_encrypt'
from (values
    ('unicode-mode=0', 'plain text'), ('unicode-mode=1', 'ääkkönen, žlutý, 日本語'),
    ('convert-crlf=0', E'one\ntwo\r\nthree'), ('convert-crlf=1', E'one\ntwo\r\nthree'),
    ('convert-crlf=1, unicode-mode=1, compress-algo=1', E'ä\nö'), ('', '')) text (options, plain);

-- Passphrases.
insert into cases (options, passphrase)
select options, passphrase
from unnest(array['x', 'žlutý kůň', repeat('long ', 500), ' with blanks ']) passphrase,
    unnest(array['s2k-mode=0', 's2k-mode=1', 's2k-count=1024', 'sess-key=1']) options;

-- Armor, without and with headers.
insert into cases (options, armor, plain)
select options, armor, convert_to(repeat('armor ', times), 'UTF8')
from unnest(array['', 'disable-mdc=1', 'sess-key=1, compress-algo=2']) options, unnest(array['bare', 'headers']) armor,
    unnest(array[1, 2, 3, 40]) times;

create temporary table made as
select c.*, case function
        when 'pgp_sym_encrypt' then pgp_sym_encrypt(convert_from(plain, 'UTF8'), passphrase, options)
        else pgp_sym_encrypt_bytea(plain, passphrase, options) end as message
from cases c;

select jsonb_pretty(jsonb_build_object(
    'origin', 'pgcrypto of ' || split_part(version(), ' on ', 1) || ', by make.sql',
    'cases', (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'id', id,
        'function', function,
        'options', options,
        'passphrase', passphrase,
        'armored', case armor
            when 'bare' then armor(message)
            when 'headers' then armor(message, array['Version', 'Comment'], array['1', 'two: words']) end,
        'message', case when armor is null then encode(message, 'hex') end,
        'length', length(opened),
        'plaintext', case when length(opened) < 256 then encode(opened, 'hex') end,
        'sha256', case when length(opened) >= 256 then encode(digest(opened, 'sha256'), 'hex') end
    )) order by id) from (select made.*, pgp_sym_decrypt_bytea(message, passphrase) as opened from made) opened)
));
