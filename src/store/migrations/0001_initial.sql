-- Portable: engines other than SQLite read INTEGER as 64 bits and INTEGER PRIMARY KEY as an identity column.
-- Times are milliseconds since the epoch. `key` gives the order of making; `id` is what callers see.

CREATE TABLE conversations (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  owner TEXT,
  title TEXT NOT NULL,
  message_count INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  system_prompt TEXT
);

CREATE INDEX conversations_by_owner ON conversations (owner, key);

CREATE INDEX conversations_by_owner_and_channel ON conversations (owner, channel, key);

CREATE INDEX conversations_by_channel ON conversations (channel, key);

-- A user's message stands for its turn: it holds what became of it. The reply points to it by `reply_to`.
-- `in_history` is 1 where later turns may see the message. Long text stands last, so that the rest is read without it.
CREATE TABLE messages (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  conversation_key INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
  reply_to INTEGER,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  in_history INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  finish_reason TEXT,
  model TEXT,
  provider TEXT,
  input_tokens INTEGER,
  output_tokens INTEGER,
  usage_estimated INTEGER,
  latency_ms INTEGER,
  finished_at INTEGER,
  metadata TEXT,
  content TEXT NOT NULL
);

CREATE INDEX messages_by_conversation ON messages (conversation_key, key);

-- A start after a crash finds what was left pending without reading every message.
CREATE INDEX messages_pending ON messages (key) WHERE status = 'pending';

CREATE TABLE tokens (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  rate_limit INTEGER,
  allowed_ips TEXT,
  models TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
);

CREATE UNIQUE INDEX tokens_live_name ON tokens (name) WHERE revoked_at IS NULL;

CREATE TABLE token_secrets (
  key INTEGER PRIMARY KEY,
  token_key INTEGER NOT NULL REFERENCES tokens (key) ON DELETE CASCADE,
  hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
);

CREATE INDEX token_secrets_by_token ON token_secrets (token_key, key);

CREATE TABLE denied_hashes (
  key INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  denied_at INTEGER NOT NULL
);

-- One row, raised by every change of a token in the same transaction.
CREATE TABLE token_epoch (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  epoch INTEGER NOT NULL
);

INSERT INTO token_epoch (key, epoch) VALUES (1, 1);
