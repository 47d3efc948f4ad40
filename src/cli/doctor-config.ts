import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { LoadedConfig } from '../config/load.ts'
import { isLoopback } from '../config/loopback.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import { type DoctorRow, editCommand, warning, well, wrong } from './doctor-row.ts'
import { isAtOrBelow } from './load-config.ts'
import { shellWord } from './shell.ts'

const dayMs = 86_400_000
const renewalDays = 14

/** Looks at the config file and what follows from it: its mistakes, who can reach the gateway, its certificate. */
export function checkConfig(
  loaded: LoadedConfig,
  problems: readonly Problem[],
  isRunning: boolean,
): readonly DoctorRow[] {
  const known = (path: string): boolean => !loaded.unset.some((value) => isAtOrBelow(value.path, path))
  const variables = checkVariables(loaded, isRunning)
  return [
    ...(variables.length > 0 && problems.length === 0 ? [] : checkFile(loaded, problems)),
    ...variables,
    ...(known('api.host') ? checkExposure(loaded) : []),
    ...(known('api.tls') ? checkCertificate(loaded) : []),
  ]
}

// A gateway that runs had them when it was started, from wherever that was.
function checkVariables({ unset }: LoadedConfig, isRunning: boolean): readonly DoctorRow[] {
  const names = [...new Set(unset.map(({ variable }) => variable))]
  return names.map((name) => {
    const paths = unset.filter(({ variable }) => variable === name).map(({ path }) => path)
    const sentence = `${name} is not set in this terminal, and ${paths.join(', ')} of the config stands in it`
    const remedy = `export ${name}=…`
    return isRunning
      ? warning('config', `${sentence}: what it holds is not looked at.`, remedy)
      : wrong('config', `${sentence}: a gateway that is started from here would refuse the config.`, remedy)
  })
}

function checkFile({ file }: LoadedConfig, problems: readonly Problem[]): readonly DoctorRow[] {
  // Who can read the file is looked at elsewhere.
  const own = problems.filter(({ sentence }) => !sentence.includes('in a file that other users can read'))
  const rows = own.map((problem) => {
    const remedy =
      problem.file === 'environment' ? `unset ${problem.path}` : editCommand(problem.file, problem.line)
    return problem.severity === 'error'
      ? wrong('config', formatProblem(problem), remedy)
      : warning('config', formatProblem({ ...problem, severity: 'error' }), remedy)
  })
  if (rows.length > 0) return rows
  return [well('config', file === null ? 'No config file: everything has its default.' : `${file} is valid.`)]
}

function checkExposure({ config, file }: LoadedConfig): readonly DoctorRow[] {
  const { host, tls, trustedProxies, auth } = config.api
  const edit = editCommand(file ?? 'openclaw.json5')
  if (!isLoopback(host) && tls === undefined && trustedProxies.length === 0) {
    const sentence = `api.host is ${host} without TLS: tokens and messages can be read on the way. Set api.tls; or put a TLS proxy in front and name it in api.trustedProxies; or set api.host to 127.0.0.1.`
    return [wrong('exposure', sentence, edit)]
  }
  if (!auth.enabled) {
    const sentence = 'api.auth.enabled is false: every program on this machine may do everything.'
    return [warning('exposure', sentence, edit)]
  }
  return [
    well(
      'exposure',
      isLoopback(host) ? `Only this machine reaches ${host}.` : `${host} is behind TLS or a proxy.`,
    ),
  ]
}

function checkCertificate({ config }: LoadedConfig): readonly DoctorRow[] {
  const { tls } = config.api
  if (tls === undefined) return []
  try {
    const certificate = new X509Certificate(readFileSync(tls.certFile))
    if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(tls.keyFile)))) {
      return [
        wrong(
          'certificate',
          `The key ${tls.keyFile} does not belong to the certificate ${tls.certFile}.`,
          `openssl x509 -noout -subject -enddate -in ${shellWord(tls.certFile)}`,
        ),
      ]
    }
    const days = Math.floor((certificate.validToDate.getTime() - Date.now()) / dayMs)
    const until = certificate.validToDate.toISOString().slice(0, 10)
    if (days < 0) return [wrong('certificate', `The certificate has expired (${until}).`, 'certbot renew')]
    if (days < renewalDays)
      return [warning('certificate', `The certificate expires on ${until}.`, 'certbot renew')]
    return [well('certificate', `The certificate is good until ${until}.`)]
  } catch {
    const sentence = `The certificate ${tls.certFile} or its key ${tls.keyFile} cannot be read as PEM.`
    return [wrong('certificate', sentence, `openssl x509 -noout -text -in ${shellWord(tls.certFile)}`)]
  }
}
