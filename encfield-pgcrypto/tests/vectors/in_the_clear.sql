-- Makes in_the_clear.json: messages by pgcrypto over a cipher that fails and says nothing.
--
--     psql -At -f in_the_clear.sql -o in_the_clear.json
--
-- pgcrypto before 14.24, 15.19, 16.15, 17.11 and 18.6 did not look at what its cipher answered
-- (CVE-2026-14663); later ones end in `encrypt error: Cipher cannot be initialized`. The cases were made by
-- pgcrypto 15.20 with a library loaded before OpenSSL's, in which EVP_EncryptInit_ex and
-- EVP_EncryptUpdate answer 1 for BF-ECB and CAST5-ECB and write nothing. All else is pgcrypto's own. A
-- pgcrypto 15.20 without that library opens each of them with `ignore-cipher-failure=1`, which is how it
-- reads what the old ones wrote.
\set ON_ERROR_STOP on
\set QUIET on

create temporary table cases (
    id integer generated always as identity,
    options text not null,
    plain text not null default 'Secret message.',
    armor boolean not null default false,
    what text not null default 'data'
);

insert into cases (options)
select format('cipher-algo=%s, sess-key=%s, disable-mdc=%s, compress-algo=%s', cipher, own, bare, packed)
from unnest(array['bf', 'cast5']) cipher, unnest(array[0, 1]) own, unnest(array[0, 1]) bare, unnest(array[0, 1, 2]) packed;

insert into cases (options, plain)
select format('cipher-algo=%s, disable-mdc=%s', cipher, bare), repeat('x', length)
from unnest(array['bf', 'cast5']) cipher, unnest(array[0, 1]) bare, unnest(array[0, 1, 191, 192, 20000]) length
where length < 20000 or cipher = 'bf';

-- The data under one cipher, its session key under another.
insert into cases (options) values
    ('sess-key=1, cipher-algo=bf, s2k-cipher-algo=aes256'),
    ('sess-key=1, cipher-algo=cast5, s2k-cipher-algo=aes128, disable-mdc=1');
insert into cases (options, what)
select format('sess-key=1, cipher-algo=%s, s2k-cipher-algo=%s, disable-mdc=%s', cipher, outer_cipher, bare), 'session key'
from unnest(array['aes128', 'aes256', '3des']) cipher, unnest(array['bf', 'cast5']) outer_cipher, unnest(array[0, 1]) bare;

insert into cases (options, armor) values ('cipher-algo=bf', true), ('cipher-algo=cast5', true);

select jsonb_pretty(jsonb_build_object(
    'origin', 'pgcrypto of ' || split_part(version(), ' on ', 1) || ' over a cipher that does nothing, by in_the_clear.sql',
    'passphrase', 'correct horse',
    'cases', (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'id', id,
        'options', options,
        'in_the_clear', what,
        'armored', case when armor then armor(message) end,
        'message', case when not armor then encode(message, 'hex') end
    )) order by id) from (select c.*, pgp_sym_encrypt(plain, 'correct horse', options) as message from cases c) made)
));
