import { shellWord } from './shell.ts'

/** One thing that was looked at. */
export interface DoctorRow {
  readonly check: string
  readonly status: 'ok' | 'warning' | 'error'
  readonly sentence: string
  /** A command that mends it, or shows what must be mended by hand; null where all is well. */
  readonly remedy: string | null
}

/** A row for what is well. */
export function well(check: string, sentence: string): DoctorRow {
  return { check, status: 'ok', sentence, remedy: null }
}

/** A row for what should be looked at. */
export function warning(check: string, sentence: string, remedy: string): DoctorRow {
  return { check, status: 'warning', sentence, remedy }
}

/** A row for what is wrong. */
export function wrong(check: string, sentence: string, remedy: string): DoctorRow {
  return { check, status: 'error', sentence, remedy }
}

/** Returns the command that opens a file in the user's editor, at a line where that is known. */
export function editCommand(file: string, line = 0): string {
  return `"\${EDITOR:-vi}" ${line > 0 ? `+${line} ` : ''}${shellWord(file)}`
}
