import { connect } from 'node:net'
import type { LoadedConfig } from '../config/load.ts'
import type { StateInspection } from '../open-state.ts'
import { type DoctorRow, warning, well, wrong } from './doctor-row.ts'

type Inspection = StateInspection['store']

// The day of this version: raised with each release. No clock that is right shows an earlier one.
const builtAt = Date.parse('2026-11-22T00:00:00Z')
const driftMs = 60_000
const connectMs = 1_000

/** Looks at the clock: expiries, limits and signatures go by it. */
export function checkClock(store: Inspection, now: number): readonly DoctorRow[] {
  const remedy = 'sudo timedatectl set-ntp true'
  const today = new Date(now).toISOString()
  if (now < builtAt) {
    return [wrong('clock', `The clock says ${today}, which is before this version was made.`, remedy)]
  }
  const ahead = (store?.newestAt ?? 0) - now
  if (ahead <= driftMs) return [well('clock', `It is ${today.slice(0, 16)}Z.`)]
  const sentence = `The database was written to ${Math.round(ahead / 60_000)} minutes in the future: the clock, now ${today}, was set back.`
  return [wrong('clock', sentence, remedy)]
}

/** Looks at the database file, which has been read from end to end. */
export function checkDatabase({ paths }: LoadedConfig, store: Inspection): readonly DoctorRow[] {
  if (store === undefined) return [well('database', 'There is none yet: the first start makes it.')]
  if (store.trouble !== undefined) return [wrong('database', store.trouble, `ls -l ${paths.stateDir}`)]
  return [well('database', `${paths.databaseFile} is sound.`)]
}

/** Looks whether a gateway runs on this data, and whether the port is free for one. */
export async function checkRunning(
  { config, paths, unset }: LoadedConfig,
  pid: number | undefined,
): Promise<readonly DoctorRow[]> {
  if (pid !== undefined) return [well('gateway', `It runs on ${paths.stateDir} (process ${pid}).`)]
  if (unset.some(({ path }) => path === 'api.host' || path === 'api.port')) {
    return [well('gateway', `None runs on ${paths.stateDir}.`)]
  }
  const { host, port } = config.api
  if (!(await isTaken(host, port))) return [well('gateway', `None runs here; port ${port} is free.`)]
  const sentence = `None runs on ${paths.stateDir}, but another program has port ${port}.`
  return [warning('gateway', sentence, `openclaw gateway --port ${port === 65_535 ? 18_789 : port + 1}`)]
}

function isTaken(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: host === '0.0.0.0' || host === '::' ? 'localhost' : host, port })
  socket.setTimeout(connectMs, () => resolve(false))
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
