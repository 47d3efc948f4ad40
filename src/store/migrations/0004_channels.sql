-- Channels: what came in, what goes out, who may write. Times are milliseconds since the epoch.

-- One conversation a chat: those of channels have no owner.
CREATE UNIQUE INDEX conversations_by_chat ON conversations (channel, chat_id) WHERE owner IS NULL;

-- What a person wrote, stored before the platform is told that it arrived. `message_id` is fixed at receipt, so that every try, also one
-- after a restart, is about the same message. `status` is waiting, begun, done, failed or ignored; `finished_at` stands in the last
-- three. What was written is dropped then; the row stays for a while so that a second copy is known.
CREATE TABLE channel_inbox (
  key INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  update_id TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  message_id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  reason TEXT,
  tries INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  finished_at INTEGER,
  message TEXT,
  raw TEXT
);

CREATE UNIQUE INDEX channel_inbox_updates ON channel_inbox (channel, update_id);

CREATE INDEX channel_inbox_open ON channel_inbox (channel, chat_id, key) WHERE finished_at IS NULL;

CREATE INDEX channel_inbox_finished ON channel_inbox (finished_at) WHERE finished_at IS NOT NULL;

-- A message on its way to a chat. `kind` is reply, send or notice; `status` is waiting, sent or failed. `details` holds as JSON what its
-- last commit needs.
CREATE TABLE channel_outbox (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  route TEXT NOT NULL,
  conversation_id TEXT,
  status TEXT NOT NULL,
  reason TEXT,
  give_up_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  details TEXT
);

CREATE INDEX channel_outbox_open ON channel_outbox (channel, chat_id, key) WHERE finished_at IS NULL;

CREATE INDEX channel_outbox_finished ON channel_outbox (finished_at) WHERE finished_at IS NOT NULL;

-- A part without an `external_id` and a `refusal` is still to be posted. The nonce is the same in every try.
CREATE TABLE channel_parts (
  key INTEGER PRIMARY KEY,
  outbox_key INTEGER NOT NULL REFERENCES channel_outbox (key) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  nonce TEXT NOT NULL,
  external_id TEXT,
  refusal TEXT,
  settled_at INTEGER,
  plain TEXT,
  content TEXT
);

CREATE UNIQUE INDEX channel_parts_in_order ON channel_parts (outbox_key, ordinal);

-- Who asked to be let in, and who was: `code` stands until then.
CREATE TABLE channel_pairings (
  key INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  code TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  reminded_at INTEGER,
  approved_at INTEGER
);

CREATE UNIQUE INDEX channel_pairings_by_user ON channel_pairings (channel, user_id);

CREATE UNIQUE INDEX channel_pairings_by_code ON channel_pairings (channel, code) WHERE code IS NOT NULL;

-- What an adapter wants remembered: the offset of a poll, a session.
CREATE TABLE channel_states (
  channel TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (channel, name)
);

-- Chats that do not want us.
CREATE TABLE channel_closed_chats (
  channel TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  closed_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (channel, chat_id)
);
