import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A self-signed certificate and its key, in PEM format. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Makes a certificate for a name, localhost and 127.0.0.1 with the openssl command, as two files in a folder that the caller removes. */
export function makeCertificate(folder: string, name: string): Certificate {
  const certFile = join(folder, `${name}.cert.pem`)
  const keyFile = join(folder, `${name}.key.pem`)
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:${name}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile]
  execFileSync('openssl', ['req', '-x509', ...key, '-out', certFile, '-days', '2', ...subject], {
    stdio: 'pipe',
  })
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}
