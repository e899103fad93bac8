/** Reads certificates in PEM form, from a text or from the files of the system. */
import { X509Certificate } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync, readdirSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import type { Environment } from './environment.js'

/** PEM blocks without headers; Go ignores blocks with headers. */
const blockPattern = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/**
 * Returns the certificate blocks of a PEM text. They are parsed one by one, because a parser stops at a malformed
 * block.
 */
export const certificateBlocks = (pem: string): readonly string[] => pem.match(blockPattern) ?? []

/** Reports whether a PEM text contains a valid certificate. */
export const holdsCertificate = (pem: string): boolean => certificateBlocks(pem).some(isCertificate)

/** Reports whether a PEM block is a valid certificate. */
export function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0
  } catch {
    return false
  }
}

/** Returns the certificates in `NODE_EXTRA_CA_CERTS`. Node ignores them when other certificates are configured. */
export const extraCertificates = (env: Environment): readonly string[] =>
  certificateBlocks(readRegularFile(env['NODE_EXTRA_CA_CERTS'] ?? '') ?? '')

/** The first existing file is used (Go, crypto/x509/root_linux.go). */
const bundleFiles: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Gentoo
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL 6
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/pki/tls/cacert.pem', // OpenELEC
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // CentOS, RHEL 7
  '/etc/ssl/cert.pem', // Alpine
]
/** All of these directories are used. */
const certificateDirectories: readonly string[] = ['/etc/ssl/certs', '/etc/pki/tls/certs']

/**
 * Returns the certificates that Go programs, such as Docker and containerd, trust on this machine: those of the
 * system, or those named by `SSL_CERT_FILE` and `SSL_CERT_DIR` (directories separated by colons). Missing or
 * unreadable files are skipped. Each block is returned once.
 */
export function systemCertificates(env: Environment): readonly string[] {
  const file = env['SSL_CERT_FILE'] ?? ''
  const folders = env['SSL_CERT_DIR'] ?? ''
  const found = new Set<string>()
  for (const each of file === '' ? bundleFiles : [file]) {
    const text = readRegularFile(each)
    if (text === undefined) continue
    for (const block of certificateBlocks(text)) found.add(block)
    break
  }
  for (const folder of folders === '' ? certificateDirectories : folders.split(':'))
    for (const each of certificateFilesIn(folder))
      for (const block of certificateBlocks(readRegularFile(each) ?? '')) found.add(block)
  return [...found]
}

/** Maximum file size in bytes, and maximum number of directory entries. Both exceed those of real systems. */
const maxFileBytes = 16 * 2 ** 20
const maxEntries = 10_000

/** Returns the files of a directory, except links within it, which are hash names of the same certificates. */
function certificateFilesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .slice(0, maxEntries)
      .filter((entry) => !entry.isSymbolicLink() || readlinkSync(path.join(folder, entry.name)).includes('/'))
      .map((entry) => path.join(folder, entry.name))
  } catch {
    return []
  }
}

/** Returns the text of a regular file; undefined if it is not one, is too large, or cannot be read. */
function readRegularFile(file: string): string | undefined {
  let fd: number | undefined
  try {
    // Opening a FIFO would otherwise block.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const { size } = fstatSync(fd)
    if (!fstatSync(fd).isFile() || size > maxFileBytes) return undefined
    const bytes = Buffer.alloc(size)
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, size, 0))
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
