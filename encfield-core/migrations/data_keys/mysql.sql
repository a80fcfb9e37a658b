-- The data keys of scopes, wrapped. See encfield's guide, "Keys".
-- Bytes, not text: a collation would take two scopes for one.
CREATE TABLE IF NOT EXISTS encfield_data_keys (
    key_id VARBINARY(16) NOT NULL PRIMARY KEY,
    scope VARBINARY(255) NOT NULL UNIQUE,
    wrapped_key VARBINARY(255),
    created_at BIGINT NOT NULL,
    shredded_at BIGINT,
    CHECK ((wrapped_key IS NULL) = (shredded_at IS NOT NULL))
);
