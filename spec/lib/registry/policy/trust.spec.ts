import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import {
  certificateBlocks,
  holdsCertificate,
  systemCertificates,
} from '../../../../lib/registry/policy/certificates.js'
import { Registries, type RegistriesOptions } from '../../../../lib/registry/index.js'
import { startRegistry, testCertificate } from '../../../../lib/testing/registry/index.js'
import { type ClientCertificate, Trust } from '../../../../lib/registry/policy/trust.js'
import { certificate } from '../../../support/certificate.js'
import { manifest, manifestType } from '../../../support/with-registry.js'

const place = mkdtempSync(join(tmpdir(), 'windlass-trust-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

let made = 0
const directory = (files: Readonly<Record<string, string>>): string => {
  const path = join(place, String(++made))
  mkdirSync(path)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}
const file = (text: string): string => join(directory({ file: text }), 'file')

const right = testCertificate()
/** Has another subject name as well: OpenSSL uses the first authority with the right name. */
const other = { cert: certificate }
const nowhere = join(place, 'nowhere')
const nothing = { SSL_CERT_FILE: nowhere, SSL_CERT_DIR: nowhere }

/** Returns the outcome of a pull from a registry with the certificate `right`. */
async function asked(options: RegistriesOptions): Promise<unknown> {
  const registry = await startRegistry({ tls: right })
  const registries = new Registries(options)
  try {
    registry.putManifest('team/app', 'latest', manifest, manifestType)
    const repository = registries.repository({ registry: registry.host, repository: 'team/app' })
    return await repository.manifest('latest').then(
      () => 'trusted',
      (error: unknown) => error,
    )
  } finally {
    await registries.close()
    await registry.close()
  }
}

const untrusted = { code: 'TLS', hint: expect.stringContaining('--ca') as string }

describe('the trusted certificates', () => {
  it.each<[string, () => RegistriesOptions]>([
    ['the certificates of ca', () => ({ ca: right.cert, env: nothing })],
    ['one of several in ca', () => ({ ca: `# ours\n${other.cert}x\n${right.cert}`, env: nothing })],
    ['SSL_CERT_FILE', () => ({ env: { ...nothing, SSL_CERT_FILE: file(other.cert + right.cert) } })],
    [
      'SSL_CERT_FILE beside ca',
      () => ({ ca: other.cert, env: { ...nothing, SSL_CERT_FILE: file(right.cert) } }),
    ],
    [
      'SSL_CERT_DIR',
      () => ({ env: { ...nothing, SSL_CERT_DIR: directory({ a: other.cert, b: right.cert }) } }),
    ],
    [
      'the second directory of SSL_CERT_DIR',
      () => ({ env: { ...nothing, SSL_CERT_DIR: `${nowhere}:${directory({ 'x.pem': right.cert })}` } }),
    ],
    [
      'a certificate after a block that cannot be parsed',
      () => ({ env: { ...nothing, SSL_CERT_FILE: file(`${broken}${right.cert}`) } }),
    ],
    ['anything with insecureTls', () => ({ insecureTls: true, env: nothing })],
  ])('%s', async (_, options) => {
    expect(await asked(options())).toBe('trusted')
  })

  it.each<[string, () => RegistriesOptions]>([
    ['is nobody else', () => ({ env: nothing })],
    ['is not what another ca says', () => ({ ca: other.cert, env: nothing })],
    [
      'is not a block of another type',
      () => ({ env: { ...nothing, SSL_CERT_FILE: file(trusted(right.cert)) } }),
    ],
  ])('%s', async (_, options) => {
    expect(await asked(options())).toMatchObject(untrusted)
  })

  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  const trusted = (pem: string) => pem.replaceAll(' CERTIFICATE', ' TRUSTED CERTIFICATE')

  it('include those of Node', () => {
    // Node reads NODE_EXTRA_CA_CERTS only at its start.
    const script = `
      import { Trust } from './lib/registry/policy/trust.js'
      import { startRegistry } from './lib/testing/registry/index.js'
      import { request } from 'node:https'
      const registry = await startRegistry({ tls: JSON.parse(process.env.TLS) })
      const { context } = new Trust({ ca: process.env.OTHER })
      const [host, port] = registry.host.split(':')
      request({ host, port, path: '/v2/', secureContext: context, agent: false }, (answer) => {
        console.log(answer.statusCode)
        answer.resume()
        answer.on('end', () => registry.close())
      }).on('error', (error) => { console.log(error.code); process.exit() }).end()`
    const run = (extra: string): string =>
      execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        cwd: new URL('../../../..', import.meta.url),
        encoding: 'utf8',
        env: {
          ...process.env,
          NODE_EXTRA_CA_CERTS: extra,
          TLS: JSON.stringify(right),
          OTHER: other.cert,
        },
      }).trim()
    expect(run(file(right.cert))).toBe('200')
    expect(run('')).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })
})

describe("the system's certificates", () => {
  it('are those of the file and of all directories, each once', () => {
    const env = {
      SSL_CERT_FILE: file(`${right.cert}\r\n${right.cert}`),
      SSL_CERT_DIR: directory({ a: right.cert, b: other.cert, c: 'none' }),
    }
    const texts = systemCertificates(env)
    expect(texts).toEqual([right.cert.trim(), other.cert.trim()])
  })

  it('are read only from regular files, and not again through the links with hash names', () => {
    const folder = directory({ a: right.cert })
    execFileSync('mkfifo', [join(folder, 'fifo')])
    mkdirSync(join(folder, 'folder'))
    symlinkSync('a', join(folder, '0a1b2c3d.0'))
    symlinkSync(file(other.cert), join(folder, 'linked.pem'))
    symlinkSync('/dev/zero', join(folder, 'zero'))
    expect(systemCertificates({ SSL_CERT_FILE: nowhere, SSL_CERT_DIR: folder })).toHaveLength(2)
    expect(systemCertificates({ SSL_CERT_FILE: join(folder, 'fifo'), SSL_CERT_DIR: nowhere })).toEqual([])
  })

  it('exist on this machine if Go finds some', () => {
    expect(Array.isArray(systemCertificates({}))).toBe(true)
    expect(systemCertificates({ SSL_CERT_FILE: '', SSL_CERT_DIR: '' })).toEqual(systemCertificates({}))
  })
})

describe('the option ca', () => {
  it.each([
    '',
    'x',
    right.key,
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    '-----BEGIN CERTIFICATE-----\n',
    right.cert.slice(30),
  ])('without a certificate is a USAGE error: %j', (ca) => {
    expect(() => new Registries({ ca })).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(holdsCertificate(ca)).toBe(false)
  })

  it('may contain other text around its certificates', () => {
    expect(holdsCertificate(`Subject: x\n${right.cert}${right.key}`)).toBe(true)
    expect(certificateBlocks(`a${right.cert}b${other.cert}`)).toHaveLength(2)
  })
})

describe('a client certificate', () => {
  const another = testCertificate()
  const contextWith = (client: readonly ClientCertificate[]) => new Trust({ client, env: nothing }).context

  it('is accepted with its key, also several of them with the same type of key', () => {
    const [first, second] = [right, another].map(({ cert, key }) => ({ certificate: cert, key }))
    expect(() => contextWith([first!])).not.toThrow()
    expect(() => contextWith([first!, second!])).not.toThrow()
  })

  it.each([
    ['another key', { certificate: right.cert, key: another.key }],
    ['no key', { certificate: right.cert, key: '' }],
    ['no certificate', { certificate: 'x', key: right.key }],
  ])('with %s is a USAGE error without the key, at the first connection', (_, client) => {
    const trust = new Trust({ client: [client], env: nothing })
    expect(() => trust.context).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: 'A client certificate or its key cannot be read',
      }),
    )
    const secret = right.key.split('\n')[1]!
    const shown = inspect(
      thrownBy(() => trust.context),
      { depth: 5 },
    )
    expect(shown).not.toContain(secret)
  })
})

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
