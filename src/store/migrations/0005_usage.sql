-- What turns have used and cost, kept apart from messages, so that deleting a conversation does not delete what was billed. One row a
-- turn has `requests` 1; what failed attempts at another model cost beside it is a row with 0. `owner` is the token that pays, or null
-- where a channel's message was answered. `cost` is by the config's prices, `estimated_cost` by the built-in table where the config has
-- none: whole numbers of 10^-12 of the currency. Both are null where no price is known.
CREATE TABLE usage_records (
  key INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  owner TEXT,
  channel TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  status TEXT NOT NULL,
  requests INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER,
  cache_write_tokens INTEGER,
  usage_estimated INTEGER,
  cost INTEGER,
  estimated_cost INTEGER
);

CREATE INDEX usage_records_by_time ON usage_records (at);

CREATE INDEX usage_records_by_owner ON usage_records (owner, at);

CREATE TABLE usage_metadata (
  record_key INTEGER NOT NULL REFERENCES usage_records (key) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (record_key, name)
);

-- Answers kept for callers that ask twice with the same Idempotency-Key, by the token that asked. A row with `message_id` and without
-- `status` stands for a message on its way to a chat: what became of that is the answer.
CREATE TABLE idempotency_keys (
  key INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  message_id TEXT,
  status INTEGER,
  created_at INTEGER NOT NULL,
  body TEXT
);

CREATE UNIQUE INDEX idempotency_keys_by_owner ON idempotency_keys (owner, name);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- The cost of a turn and its cached tokens as JSON, where there are any.
ALTER TABLE messages ADD COLUMN usage_details TEXT;

ALTER TABLE tokens ADD COLUMN budget_amount REAL;

ALTER TABLE tokens ADD COLUMN budget_per TEXT;
