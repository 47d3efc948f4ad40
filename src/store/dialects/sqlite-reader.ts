import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../domain/errors.ts'
import type { Health } from '../health.ts'
import type { Reader } from '../statement.ts'
import { troubleError, troubleOf } from './sqlite-errors.ts'

/** Returns the reader over a connection that cannot write. Once that is closed, every read throws `shutting_down`. */
export function createReader(database: DatabaseSync, health: Health): Reader {
  const guarded = <T>(read: () => T): T => {
    try {
      const result = read()
      health.well('reading')
      return result
    } catch (error) {
      if (!database.isOpen)
        throw new GatewayError('shutting_down', 'The gateway is stopping.', { cause: error })
      const trouble = troubleOf(error)
      if (!trouble) throw error
      const failure = troubleError(trouble)
      health.troubled('reading', failure.message)
      throw failure
    }
  }
  return {
    prepare(sql) {
      const statement = guarded(() => database.prepare(sql))
      return {
        get: (...parameters) => guarded(() => statement.get(...parameters)),
        all: (...parameters) => guarded(() => statement.all(...parameters)),
      }
    },
    snapshot(read) {
      guarded(() => database.exec('BEGIN'))
      try {
        return read()
      } finally {
        if (database.isTransaction) database.exec('COMMIT')
      }
    },
  }
}
