/** Certificates in PEM: those that a text holds, and those that the machine has for its programs. */
import { X509Certificate } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync, readdirSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import type { Environment } from './environment.js'

/** Blocks without headers, as Go takes them. */
const blocks = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** The blocks of `pem`, each by itself: a reader stops at the first of a text that it cannot parse. */
export const certificateBlocks = (pem: string): readonly string[] => pem.match(blocks) ?? []

/** Whether `pem` holds a certificate. */
export const holdsCertificate = (pem: string): boolean => certificateBlocks(pem).some(isCertificate)

export function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0
  } catch {
    return false
  }
}

/** Those that `NODE_EXTRA_CA_CERTS` names, which Node trusts only as long as it is told of no others. */
export const extraCertificates = (env: Environment): readonly string[] =>
  certificateBlocks(readOutside(env['NODE_EXTRA_CA_CERTS'] ?? '') ?? '')

/** The first of these that is there (Go, crypto/x509/root_linux.go). */
const files: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Gentoo
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL 6
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/pki/tls/cacert.pem', // OpenELEC
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // CentOS, RHEL 7
  '/etc/ssl/cert.pem', // Alpine
]
/** And all of these. */
const directories: readonly string[] = ['/etc/ssl/certs', '/etc/pki/tls/certs']

/**
 * The certificates that Go programs trust on this machine, so Docker and containerd: the system's, or those that
 * `SSL_CERT_FILE` and `SSL_CERT_DIR` (several with colons between) name in place of them. What is not there, or cannot be
 * read, has none. Blocks that stand in several files come once.
 */
export function systemCertificates(env: Environment): readonly string[] {
  const file = env['SSL_CERT_FILE'] ?? ''
  const folders = env['SSL_CERT_DIR'] ?? ''
  const found = new Set<string>()
  for (const each of file === '' ? files : [file]) {
    const text = readOutside(each)
    if (text === undefined) continue
    for (const block of certificateBlocks(text)) found.add(block)
    break
  }
  for (const folder of folders === '' ? directories : folders.split(':'))
    for (const each of entriesOf(folder))
      for (const block of certificateBlocks(readOutside(each) ?? '')) found.add(block)
  return [...found]
}

/** More than any bundle has, in bytes; and more than any directory, in entries. */
const maxFile = 16 * 2 ** 20
const maxEntries = 10_000

/** The files of a directory, but for links to others in it: by those, libraries find a certificate by its hash. */
function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .slice(0, maxEntries)
      .filter((entry) => !entry.isSymbolicLink() || readlinkSync(path.join(folder, entry.name)).includes('/'))
      .map((entry) => path.join(folder, entry.name))
  } catch {
    return []
  }
}

/** A regular file's text; undefined for what is none, is too large, or cannot be read. */
function readOutside(file: string): string | undefined {
  let opened: number | undefined
  try {
    // A pipe would hold `open` up until somebody writes into it.
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const { size } = fstatSync(opened)
    if (!fstatSync(opened).isFile() || size > maxFile) return undefined
    const bytes = Buffer.alloc(size)
    return bytes.toString('latin1', 0, readSync(opened, bytes, 0, size, 0))
  } catch {
    return undefined
  } finally {
    if (opened !== undefined) closeSync(opened)
  }
}
