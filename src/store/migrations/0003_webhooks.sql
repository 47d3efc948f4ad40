-- An event stands in the same transaction as what caused it, with one delivery for each endpoint that is to be told.
-- `payload` is the RFC 8785 form without a signature. Times are milliseconds since the epoch.

CREATE TABLE webhook_events (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  payload TEXT NOT NULL
);

-- `status` is waiting, delivered or dead; `reason` says why it is dead. A delivery that somebody works on holds a `lease`, and is due
-- again when that ends: a crash in between means another attempt. `tries` counts since the last replay.
CREATE TABLE webhook_deliveries (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  event_key INTEGER NOT NULL REFERENCES webhook_events (key) ON DELETE CASCADE,
  event TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  tries INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  lease TEXT,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, due_at, key) WHERE status = 'waiting';

CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (lease) WHERE lease IS NOT NULL;

CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event_key);

CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint, key);

CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (key) WHERE status = 'dead';

CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (key) WHERE status = 'waiting';

CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (status, finished_at) WHERE finished_at IS NOT NULL;

-- `answer` holds at most the first 4 KiB of what the receiver said.
CREATE TABLE webhook_attempts (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  delivery_key INTEGER NOT NULL REFERENCES webhook_deliveries (key) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  status INTEGER,
  error TEXT,
  duration_ms INTEGER NOT NULL,
  answer TEXT
);

CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_key, key);

-- What is known of an endpoint beside its configuration, by its id.
CREATE TABLE webhook_endpoints (
  id TEXT PRIMARY KEY,
  disabled_at INTEGER,
  disabled_reason TEXT,
  failing_since INTEGER,
  previous_secret TEXT,
  previous_secret_since INTEGER
);
