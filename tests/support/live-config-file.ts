import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import type { RunningGateway } from './gateway.ts'
import { listAt } from './json.ts'

/** A part of a config file. */
export type Section = Readonly<Record<string, unknown>>

/** Changes the file and waits until the gateway has said `expected` times that it has taken it. */
export async function reloaded(gateway: RunningGateway, write: () => unknown, expected = 1): Promise<void> {
  const before = count(gateway.output(), 'config reloaded')
  write()
  await eventually('the word of the reload', () =>
    count(gateway.output(), 'config reloaded') >= before + expected ? true : undefined,
  )
}

/** Rewrites the config file. Returns the gateway. */
export function change(gateway: RunningGateway, edit: (config: Section) => Section): RunningGateway {
  const file = join(gateway.home, 'openclaw.json5')
  const config: unknown = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify(edit(section(config)), null, 2))
  return gateway
}

/** Replaces members of the section `api`; `auth` keeps what is not named. */
export function changeApi(gateway: RunningGateway, edit: Section): void {
  change(gateway, (config) => {
    const api = section(config.api)
    const auth = { ...section(api.auth), ...section(edit.auth) }
    return { ...config, api: { ...api, ...edit, auth } }
  })
}

/** Rewrites the config file's tokens. */
export function changeTokens(
  gateway: RunningGateway,
  edit: (tokens: readonly Section[]) => readonly Section[],
): void {
  change(gateway, (config) => {
    const api = section(config.api)
    const tokens = listAt(config, 'api', 'auth', 'tokens').map(section)
    return { ...config, api: { ...api, auth: { ...section(api.auth), tokens: edit(tokens) } } }
  })
}

/** Returns tokens with one in the place of its namesake. */
export function replaced(tokens: readonly Section[], token: Section): readonly Section[] {
  return [...tokens.filter(({ name }) => name !== token.name), token]
}

function section(value: unknown): Section {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Resolves to the first line that the gateway prints, or has printed, of a kind. */
export async function printed(gateway: RunningGateway, pattern: RegExp): Promise<string> {
  return await eventually(String(pattern), () =>
    gateway
      .output()
      .split('\n')
      .find((line) => pattern.test(line)),
  )
}

/** Returns how often words stand in a text. */
export function count(text: string, words: string): number {
  return text.split(words).length - 1
}
