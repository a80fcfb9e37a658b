-- The data keys of scopes, wrapped. See encfield's guide, "Keys".
CREATE TABLE IF NOT EXISTS encfield_data_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    scope TEXT COLLATE "C" NOT NULL UNIQUE,
    wrapped_key BYTEA,
    created_at BIGINT NOT NULL,
    shredded_at BIGINT,
    CHECK ((wrapped_key IS NULL) = (shredded_at IS NOT NULL))
);
