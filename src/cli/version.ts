import { readFileSync } from 'node:fs'

const packageJson = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')

/** The version of this package, read from its package.json, which stands at the same place in a clone and in an installed package. */
export const version: string = /"version":\s*"([^"]+)"/.exec(packageJson)?.[1] ?? 'unknown'
