-- What a model has made of the oldest messages of a conversation, at most one row each: of all up to `covers_key`, the key of a message.
-- `mark` stands in the fence around it: drawn after it was written, so that nobody who is quoted in it can know it.
CREATE TABLE conversation_summaries (
  conversation_key INTEGER PRIMARY KEY REFERENCES conversations (key) ON DELETE CASCADE,
  covers_key INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  model TEXT NOT NULL,
  mark TEXT NOT NULL,
  content TEXT NOT NULL
);
