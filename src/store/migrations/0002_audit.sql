-- One record a call or change, chained: `hash` is SHA-256 over the hash before it and this row (docs/audit.md). Sequences count from 1.
CREATE TABLE audit_records (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT,
  actor_name TEXT,
  action TEXT,
  target TEXT,
  method TEXT,
  route TEXT,
  status INTEGER,
  error TEXT,
  ip TEXT,
  request_id TEXT,
  model TEXT,
  input_tokens INTEGER,
  output_tokens INTEGER,
  counted_at INTEGER,
  count INTEGER NOT NULL,
  hash TEXT NOT NULL
);

-- Where the chain ends: so that a cut end shows, and the chain goes on after all records were removed.
CREATE TABLE audit_head (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  sequence INTEGER NOT NULL,
  hash TEXT NOT NULL
);

INSERT INTO audit_head (key, sequence, hash)
  VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE audit_checkpoints (
  sequence INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  signature TEXT NOT NULL
);

-- At most one row: up to where retention has removed records.
CREATE TABLE audit_anchor (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  sequence INTEGER NOT NULL,
  hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  signature TEXT NOT NULL
);

-- What rate limits had counted at a clean stop: pairs of time and count as JSON. Taken out again at the next start.
CREATE TABLE limit_counts (
  key INTEGER PRIMARY KEY,
  subject TEXT NOT NULL UNIQUE,
  entries TEXT NOT NULL
);
