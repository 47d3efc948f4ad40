import { asCalled } from './program-name.ts'

/** Prints one line on stdout. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Returns what prints lines on stdout, all of one turn of the event loop in one write: for lines that come by the thousand. */
export function createLinePrinter(): (line: string) => void {
  let waiting = ''
  const flush = (): void => {
    const text = waiting
    waiting = ''
    process.stdout.write(text)
  }
  return (line) => {
    if (waiting === '') setImmediate(flush)
    waiting += `${line}\n`
  }
}

/** Prints one line for people on stdout: commands that it names are named as they are called here. */
export function printAdvice(line: string): void {
  print(asCalled(line))
}

/** Prints one line on stderr, for people as {@link printAdvice} does. */
export function printError(line: string): void {
  process.stderr.write(`${asCalled(line)}\n`)
}

/** Prints a value as indented JSON on stdout. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** True where a person reads stdout. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true
}

// Node takes the error back from stdout, which cannot be closed, so that only the event tells of it.
const readerLeft = new AbortController()

/** Keeps a reader that has gone away (`| head -1`) from being an error: what is still written goes nowhere. */
export function ignoreBrokenPipes(): void {
  process.stdout.on('error', () => readerLeft.abort())
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** True once the reader of stdout has gone away, which the next line brings to light. */
export function hasReaderLeft(): boolean {
  return readerLeft.signal.aborted
}

/** Returns lines of columns, each as wide as its widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
