import { homedir } from 'node:os'
import type { LoadedConfig } from '../config/load.ts'
import type { Gateway } from '../gateway.ts'

const modelsNamedMax = 3

/** What the gateway says of itself when it serves. */
export interface BannerFacts {
  readonly loaded: LoadedConfig
  readonly gateway: Gateway
  readonly url: string
  readonly readyMs: number
  readonly version: string
  /** The token made on the first start; `file` is where it was put if no terminal shows it. */
  readonly firstToken: { readonly secret: string; readonly file: string | null } | null
}

/** Returns the lines printed at the start: four, and on the first start the token and one command to try. */
export function banner(facts: BannerFacts): string {
  const { loaded, gateway, url, version, readyMs, firstToken } = facts
  const config = loaded.file === null ? 'none (everything has its default)' : short(loaded.file)
  const lines = [
    `OpenClaw Gateway ${version} is ready after ${readyMs} ms (stop with Ctrl-C)`,
    `Config   ${config}   Data ${short(loaded.paths.stateDir)}`,
    `Models   ${modelsLine(gateway)}`,
    `Address  ${url}   API reference ${url}/docs`,
  ]
  const channels = channelsLine(facts)
  if (channels !== '') lines.push(`Channels ${channels}`)
  if (gateway.recoveredTurns > 0) {
    lines.push(`Note     ${gateway.recoveredTurns} turns were cut off by the last stop and are marked failed`)
  }
  return [...lines, ...firstLines(facts, firstToken)].join('\n')
}

function firstLines({ url }: BannerFacts, firstToken: BannerFacts['firstToken']): string[] {
  if (!firstToken) return []
  const shown = firstToken.file === null ? firstToken.secret : `$(cat ${quoted(firstToken.file)})`
  return [
    '',
    firstToken.file === null
      ? `Admin token, shown only now: ${firstToken.secret}`
      : `Admin token: in ${firstToken.file} (only you can read it; delete the file once the token is kept elsewhere)`,
    'Try it in another terminal:',
    '',
    `  curl -N ${url}/api/v1/chat/stream \\`,
    `    -H "Authorization: Bearer ${shown}" \\`,
    `    -H "Content-Type: application/json" -d '{"message": "Hello"}'`,
    '',
  ]
}

function modelsLine(gateway: Gateway): string {
  const parts = gateway.parts.models.listings().map(({ provider, status, models, sentence }) => {
    if (status === 'failed') return `${provider.name}: ${sentence ?? 'not reachable'}`
    if (status === 'unknown') return `${provider.name}: still being asked`
    if (provider.name === 'demo') return 'demo (offline)'
    const ids = models.slice(0, modelsNamedMax).map((model) => model.id)
    const more = models.length > ids.length ? `, and ${models.length - ids.length} more` : ''
    return `${provider.name}: ${ids.join(', ') || 'lists no models'}${more}`
  })
  const real = parts.filter((text) => !text.startsWith('demo'))
  if (real.length > 0) return real.join(' · ')
  const missing = gateway.lookedAt.filter((place) => !place.found).map((place) => place.what)
  return `demo only (offline). Not found: ${missing.join(', ') || 'any provider in the config'}`
}

// A token that only the environment holds starts a channel that the config file does not name: that must not go unseen.
function channelsLine({ loaded, gateway }: BannerFacts): string {
  const found = loaded.channelsFromEnvironment
  return gateway.parts.channels.names
    .map((name) => {
      const { status, lastError } = gateway.parts.channels.find(name)?.health ?? {}
      const from = found.find(({ channel }) => channel === name)
      const source = from ? ` (token from ${from.variables.join(' and ')})` : ''
      return `${name}${source}: ${status === 'disconnected' ? (lastError ?? status) : status}`
    })
    .join(' · ')
}

function short(path: string): string {
  return path.startsWith(`${homedir()}/`) ? `~${path.slice(homedir().length)}` : path
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
