import { homedir } from 'node:os'
import { environment } from '../config/environment.ts'
import { defaultConfig } from '../config/load.ts'
import { checkpointAudit } from '../domain/audit/audit-keeper.ts'
import { sealLine } from '../domain/audit/seal.ts'
import { auditFiles } from '../open-state.ts'
import { withAudit } from './audit-setup.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printError, printJson } from './output.ts'

/** Makes a checkpoint, unless there is one of the newest record already, and prints it as one line of JSON. */
export async function auditCheckpoint(): Promise<number> {
  return await withAudit(async ({ audit, files }) => {
    const clock = { now: () => Date.now(), monotonic: () => performance.now() }
    await checkpointAudit({ store: audit, signer: files.signer, clock })
    const { lastCheckpoint } = await audit.state()
    if (lastCheckpoint) print(sealLine(lastCheckpoint))
    else printError('There are no records yet.')
    return exitCodes.ok
  })
}

/** Prints the public key that checkpoints are signed by, which is made where there is none yet. */
export function auditKey(options: JsonOptions): number {
  const { signer } = auditFiles(defaultConfig({ env: environment(), home: homedir() }))
  const publicKey = signer.publicKey()
  if (options.json === true) printJson({ publicKey })
  else print(publicKey.trimEnd())
  return exitCodes.ok
}
