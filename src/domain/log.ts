/** Severity, from least to most. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Fields of a log line: scalars only, never message text or secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Writes log lines: a constant message with fields. Never throws and never blocks the caller. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void
