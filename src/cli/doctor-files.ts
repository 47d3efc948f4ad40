import { accessSync, constants, existsSync, readdirSync, type Stats, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LoadedConfig } from '../config/load.ts'
import { type DoctorRow, warning, well, wrong } from './doctor-row.ts'
import { shellWord } from './shell.ts'

const megabyte = 1024 * 1024
const freeBytesLeast = 100 * megabyte
const freeBytesEnough = 1024 * megabyte
const freeFilesLeast = 1_000

/** Looks at who else can read the config, the data, the keys and the logs, and whether this user can write where it must. */
export function checkPermissions(loaded: LoadedConfig): readonly DoctorRow[] {
  const { stateDir, logFile } = loaded.paths
  const logs = loaded.config.logging.file ?? logFile
  const rows = [
    ...checkConfigFile(loaded),
    ...checkFolder(stateDir),
    ...filesIn(stateDir).flatMap(checkSecretFile),
    ...filesIn(dirname(logs))
      .filter((file) => file.startsWith(logs))
      .flatMap(checkSecretFile),
    ...checkFirstToken(join(stateDir, 'first-token')),
  ]
  return rows.length > 0
    ? rows
    : [well('permissions', 'Only this user reads the config, the data and the logs.')]
}

/** Looks at the room on the disk of the data folder. */
export function checkDisk(stateDir: string): readonly DoctorRow[] {
  const folder = nearestFolder(stateDir)
  const { bavail, bsize, files, ffree } = statfsSync(folder)
  const free = bavail * bsize
  const sentence = `${Math.floor(free / megabyte)} MB are free on the disk of ${folder}.`
  const remedy = `df -h ${shellWord(folder)}`
  if (free < freeBytesLeast) return [wrong('disk', `${sentence} Make room before writing fails.`, remedy)]
  // Some file systems have no fixed number of files, and tell none.
  if (files > 0 && ffree < freeFilesLeast) {
    const few = `Only ${ffree} more files can be made on the disk of ${folder}.`
    return [wrong('disk', few, `df -i ${shellWord(folder)}`)]
  }
  return [free < freeBytesEnough ? warning('disk', sentence, remedy) : well('disk', sentence)]
}

function checkConfigFile({ file, plainSecrets }: LoadedConfig): readonly DoctorRow[] {
  if (file === null || plainSecrets.length === 0 || !isOpen(statOf(file))) return []
  const sentence = `Other users can read ${file}, and it holds secrets in plain text.`
  return [wrong('permissions', sentence, `chmod 600 ${shellWord(file)}`)]
}

function checkFolder(folder: string): readonly DoctorRow[] {
  const entry = statOf(folder)
  if (entry === undefined) return []
  const word = shellWord(folder)
  if (!isWritable(folder))
    return [wrong('permissions', `This user cannot write to ${folder}.`, `sudo chown -R "$(id -un)" ${word}`)]
  return isOpen(entry)
    ? [warning('permissions', `Other users can look into ${folder}.`, `chmod 700 ${word}`)]
    : []
}

function checkSecretFile(file: string): readonly DoctorRow[] {
  if (!isOpen(statOf(file))) return []
  return [wrong('permissions', `Other users can read ${file}.`, `chmod 600 ${shellWord(file)}`)]
}

function checkFirstToken(file: string): readonly DoctorRow[] {
  if (statOf(file) === undefined) return []
  const sentence = `The first start's admin token still lies in ${file}. Keep it elsewhere, then delete the file.`
  return [warning('permissions', sentence, `rm ${shellWord(file)}`)]
}

// Windows has no such bits.
function isOpen(entry: Stats | undefined): boolean {
  return entry !== undefined && process.platform !== 'win32' && (entry.mode & 0o077) !== 0
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(folder, entry.name))
  } catch {
    return []
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}
