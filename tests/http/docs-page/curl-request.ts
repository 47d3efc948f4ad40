import { execFileSync } from 'node:child_process'

/** Returns the commands that stand in a page. */
export function curlCommands(html: string): readonly string[] {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return [...html.matchAll(/<pre><code>(curl [^<]*)<\/code><\/pre>/g)].map((match) =>
    (match[1] ?? '').replace(/&(#?\w+);/g, (_entity, name: string) => characters[name] ?? ''),
  )
}

/** What curl is told to send. */
export interface CurlRequest {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string | undefined
}

/** Reads a command with a real shell; curl itself is replaced by a function that tells its words. */
export function asShellReads(command: string, env: Readonly<Record<string, string>>): CurlRequest {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}\n`
  const words = execFileSync('/bin/sh', ['-eu', '-c', script], {
    env: { PATH: '/nowhere', ID: 'x', ...env },
    encoding: 'utf8',
    timeout: 5_000,
  }).split('\0')
  const valuesOf = (flag: string): readonly string[] =>
    words.filter((_word, index) => words[index - 1] === flag)
  const headers = valuesOf('-H').map((header): [string, string] => {
    const colon = header.indexOf(': ')
    return [header.slice(0, colon), header.slice(colon + 2)]
  })
  const url = words.find((word) => word.startsWith('http://')) ?? ''
  return {
    method: valuesOf('-X')[0] ?? 'GET',
    url,
    headers: Object.fromEntries(headers),
    body: valuesOf('-d')[0],
  }
}
