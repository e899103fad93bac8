import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  readCertificateDirectory,
  readCertificates,
  readClientCertificate,
} from '../../../../../lib/registry/hosts/files/certificate-files.js'
import { HostFiles } from '../../../../../lib/registry/hosts/files/host-files.js'
import { certificate, key } from '../../../../support/certificate.js'
import { temporaryDirectory } from '../../../../support/temporary-directory.js'

const files = new HostFiles()
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

/** A directory with these files. */
function directoryOf(content: Readonly<Record<string, string>>) {
  const directory = join(temporaryDirectory(), 'certs')
  mkdirSync(directory)
  for (const [name, text] of Object.entries(content)) writeFileSync(join(directory, name), text)
  return directory
}
const read = (content: Readonly<Record<string, string>>) =>
  readCertificateDirectory(files, directoryOf(content), {})

describe('a directory of certificates', () => {
  it('has trusted ones, and those of the client with their keys', () => {
    expect(read({ 'a.crt': certificate, 'b.crt': '# none', 'c.pem': 'not read' })).toEqual({
      ca: `${certificate}\n# none`,
    })
    expect(read({ 'client.cert': certificate, 'client.key': key })).toEqual({
      client: [{ certificate, key }],
    })
    expect(read({ 'both.cert': certificate + key, 'other.key': otherKey })).toEqual({
      client: [{ certificate: certificate + key, key: certificate + key }],
    })
  })

  it('may be empty or missing', () => {
    expect(read({ 'lonely.key': key })).toBeUndefined()
    expect(readCertificateDirectory(files, '/nowhere', {})).toBeUndefined()
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['no certificate', { 'a.cert': 'nothing', 'a.key': key }, /a\.cert": it contains no certificate/],
    ['no key', { 'a.cert': certificate }, /a\.cert": it contains no private key/],
    ['the key of another', { 'a.cert': certificate, 'a.key': otherKey }, /a\.key": its private key does not/],
  ])('is an error with a client certificate that has %s', (_, content, message) => {
    expect(() => read(content)).toThrow(message)
    expect(() => read(content)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('is not read after a cancellation', () => {
    const directory = directoryOf({ 'a.pem': certificate })
    expect(() => readCertificateDirectory(files, directory, { signal: AbortSignal.abort() })).toThrow()
  })
})

describe('a file of certificates', () => {
  const directory = directoryOf({ 'ca.pem': certificate, 'key.pem': key, 'none.pem': 'nothing' })
  const at = (name: string): string => join(directory, name)

  it('has at least one certificate, and is named by the file that names it if it is missing', () => {
    expect(readCertificates(files, at('ca.pem'), '/etc/hosts.toml', {})).toBe(certificate)
    expect(() => readCertificates(files, at('none.pem'), '/etc/hosts.toml', {})).toThrow('no certificate')
    expect(() => readCertificates(files, at('missing'), '/etc/hosts.toml', {})).toThrow('"/etc/hosts.toml"')
  })

  it('belongs to the key of the client', () => {
    const client = readClientCertificate(files, at('ca.pem'), at('key.pem'), '/etc/hosts.toml', {})
    expect(client).toEqual({ certificate, key })
    expect(() => readClientCertificate(files, at('ca.pem'), at('missing'), '/etc/hosts.toml', {})).toThrow(
      '"/etc/hosts.toml"',
    )
  })
})
