// Holds the write lock of the database named by the first argument until a line comes in.
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'

const database = new DatabaseSync(String(process.argv[2]))
database.exec('BEGIN IMMEDIATE')
process.stdout.write('"locked"\n')
await once(process.stdin, 'data')
database.exec('ROLLBACK')
database.close()
process.stdout.write('"freed"\n')
process.stdin.destroy()
