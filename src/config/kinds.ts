import { isIP } from 'node:net'
import { isAbsolute, resolve } from 'node:path'

/** A kind of text that JSON Schema has no words for. */
export interface Kind {
  /** What stands after "expected" in a sentence, and in the reference. */
  readonly expected: string
  /** Returns the value in its final form, or undefined where the text is not of this kind. */
  readonly read: (text: string, folders: Folders) => string | number | undefined
}

/** What relative paths and `~` start from. */
export interface Folders {
  /** Folder of the config file. */
  readonly base: string
  readonly home: string
}

/** Name of a {@link Kind}. */
export type KindName =
  | 'cidr'
  | 'date'
  | 'headerText'
  | 'host'
  | 'httpUrl'
  | 'name'
  | 'origin'
  | 'path'
  | 'size'
  | 'tokenSecret'

/** Every kind by its name. */
export const kinds: Readonly<Record<KindName, Kind>> = {
  cidr: {
    expected: 'an IP address or a range such as "10.0.0.0/8"',
    read: (text) => (isCidr(text) ? text : undefined),
  },
  date: { expected: 'a date such as "2026-12-31" or "2026-12-31T18:00:00Z"', read: readDate },
  headerText: {
    expected: 'a text of 1 to 4096 visible characters without spaces at its ends',
    read: (text) => (/^[!-~](?:[ -~]{0,4094}[!-~])?$/.test(text) ? text : undefined),
  },
  host: {
    expected: 'an IP address or a host name, without a port',
    read: (text) => (isIP(text) !== 0 || isHostName(text) ? text : undefined),
  },
  httpUrl: {
    expected: 'an address that starts with "http://" or "https://" and holds no user name, password or "#"',
    read: (text) => (isHttpUrl(text) ? text : undefined),
  },
  name: {
    expected: 'a name of 1 to 64 characters, with no spaces at its ends',
    read: (text) => (/^(?=\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,64}(?<=\S)$/u.test(text) ? text : undefined),
  },
  origin: {
    expected:
      'an exact origin such as "https://your-app.com": scheme, host and port, without a path or a slash at the end; "*" and "null" are no origins, and "*" in a name stands for no other: write each origin out',
    read: (text) => (isOrigin(text) ? text : undefined),
  },
  path: {
    expected: 'a path',
    read: (text, folders) => (text === '' ? undefined : absolutePath(text, folders)),
  },
  size: { expected: 'a size such as "1MB", "512KB" or a number of bytes', read: readSize },
  tokenSecret: {
    expected: 'a secret of 8 to 256 visible characters without spaces, or "sha256:" and 64 hex digits',
    read: readTokenSecret,
  },
}

/** Returns a path as an absolute one: `~/` is the home folder, and a relative path starts at the config file's folder. */
export function absolutePath(text: string, folders: Folders): string {
  if (text === '~') return folders.home
  if (text.startsWith('~/')) return resolve(folders.home, text.slice(2))
  return isAbsolute(text) ? resolve(text) : resolve(folders.base, text)
}

function isCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || address.includes('%') || rest.length > 0) return false
  if (bits === undefined) return true
  return /^(?:0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

// A name of digits and dots alone is a mistyped address.
function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    !/^[\d.]+$/.test(text) &&
    /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/.test(
      text,
    )
  )
}

function isHttpUrl(text: string): boolean {
  if (text.length > 2000 || !/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  return url.username === '' && url.password === '' && url.hash === '' && !text.includes('#')
}

function isOrigin(text: string): boolean {
  // No browser sends a host with other characters than these; `*` would be taken for a pattern by people alone.
  if (!/^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(text) || !URL.canParse(text)) return false
  return new URL(text).origin === text
}

const datePattern = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

// Date.parse rolls over: it takes February 30th for March 2nd.
function readDate(text: string): string | undefined {
  const day = datePattern.exec(text)?.[1]
  const ms = Date.parse(text)
  if (day === undefined || Number.isNaN(ms)) return undefined
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) ? new Date(ms).toISOString() : undefined
}

const unitBytes = new Map([
  ['', 1],
  ['B', 1],
  ['KB', 1024],
  ['KIB', 1024],
  ['MB', 1024 * 1024],
  ['MIB', 1024 * 1024],
])

function readSize(text: string): number | undefined {
  const match = /^(\d{1,12})(?:\.(\d{1,3}))? ?((?:[KM]i?)?B)?$/i.exec(text)
  if (match === null) return undefined
  const bytes = unitBytes.get((match[3] ?? '').toUpperCase()) ?? Number.NaN
  return Math.floor(Number(`${match[1]}.${match[2] ?? '0'}`) * bytes)
}

function readTokenSecret(text: string): string | undefined {
  if (/^sha256:/i.test(text)) {
    return /^sha256:[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined
  }
  return /^[!-~]{8,256}$/.test(text) ? text : undefined
}
