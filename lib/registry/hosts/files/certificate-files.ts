/** Reads certificates and keys from files, as `HostTls` has them. */
import { createSecureContext } from 'node:tls'
import { quoted } from '../../../codec/printable.js'
import { holdsCertificate } from '../../policy/certificates.js'
import type { HostRequest, HostTls } from '../registry-hosts.js'
import { configFault } from './config-source.js'
import { exists, type HostFiles } from './host-files.js'

/** A client certificate of `HostTls`. */
export type ClientCertificate = NonNullable<HostTls['client']>[number]

const identity = (text: string): string => text

/**
 * Reads the text of a file that holds certificates; undefined if the user may not read it.
 * @param namedBy - the file that names it
 * @throws USAGE when it does not exist, cannot be read, or has no certificate
 */
export function readCertificates(
  files: HostFiles,
  file: string,
  namedBy: string,
  request: HostRequest,
): string | undefined {
  const text = files.readRequired(file, identity, quoted(namedBy, 500), request)
  if (text !== undefined && !holdsCertificate(text)) throw configFault(file, 'it contains no certificate')
  return text
}

/**
 * Reads a client certificate and its key, which may be in the same file; undefined if the user may not read one of
 * them.
 * @throws USAGE when a file does not exist or cannot be read, or when the key is not that of the certificate
 */
export function readClientCertificate(
  files: HostFiles,
  certificateFile: string,
  keyFile: string,
  namedBy: string,
  request: HostRequest,
): ClientCertificate | undefined {
  const certificate = readCertificates(files, certificateFile, namedBy, request)
  const key = files.readRequired(keyFile, identity, quoted(namedBy, 500), request)
  if (certificate === undefined || key === undefined) return undefined
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key))
    throw configFault(keyFile, 'it contains no private key of a client certificate')
  try {
    createSecureContext({ cert: certificate, key })
  } catch {
    throw configFault(
      keyFile,
      `its private key does not belong to the certificate in ${quoted(certificateFile, 500)}`,
    )
  }
  return { certificate, key }
}

/**
 * Reads a directory of certificates: `*.crt` are trusted, `*.cert` and `*.key` with the same name identify the client.
 * Returns undefined if there are none. A key without a certificate is ignored.
 *
 * Source: containers-certs.d(5), and Docker's documentation of certificates.
 * @throws USAGE as `readClientCertificate`
 */
export function readCertificateDirectory(
  files: HostFiles,
  directory: string,
  request: HostRequest,
): HostTls | undefined {
  const names = files.list(directory, request)
  const ca = names
    .filter((name) => name.endsWith('.crt'))
    .flatMap((name) => files.read(name, identity, request) ?? [])
  const client = names
    .filter((name) => name.endsWith('.cert'))
    .flatMap((name) => {
      const keyFile = name.replace(/\.cert$/, '.key')
      const key = exists(keyFile) ? keyFile : name
      return readClientCertificate(files, name, key, directory, request) ?? []
    })
  if (ca.length === 0 && client.length === 0) return undefined
  return { ...(ca.length > 0 && { ca: ca.join('\n') }), ...(client.length > 0 && { client }) }
}
