import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HostConfiguration } from '../../../lib/registry/index.js'
import { putImage, startRegistry, testCertificate, tinyImage } from '../../../lib/testing/index.js'
import { open, withHostsOf } from '../../../puller/index.js'

let work: string
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'windlass-list-hosts-'))
})
afterEach(() => rm(work, { recursive: true }))

const login = { username: 'jane', password: 'secret' }

describe('the options with the hosts of a list', () => {
  it('are the same options if the list states none', () => {
    const options = { plainHttp: true }
    expect(withHostsOf({ hosts: [] }, options)).toBe(options)
  })

  it('have its logins, but those of the caller have precedence', () => {
    const mine = { username: 'me', password: 'mine' }
    const hosts = [
      { registry: 'quay.io', credentials: login },
      { registry: 'r.example', credentials: login },
    ]
    expect(withHostsOf({ hosts }, { credentials: { 'r.example': mine } }).credentials).toEqual({
      'quay.io': login,
      'r.example': mine,
    })
  })

  it('log in to a registry as the list says', async () => {
    await using registry = await startRegistry({ auth: { kind: 'basic', ...login } })
    await putImage(registry, 'team/app', '1', tinyImage())
    const hosts = [{ registry: registry.host, credentials: login }]
    await using windlass = await open({ store: work, ...withHostsOf({ hosts }, { hosts: false }) })
    expect((await windlass.resolve(`${registry.host}/team/app:1`)).digest).toBe(tinyImage().manifest.digest)
  })

  it.each([
    ['any certificate', { tls: 'unverified' }, true],
    ['the certificate that it states', { ca: 'PEM' }, true],
    ['the certificates of a directory', { certDir: 'DIR' }, true],
    ['none that is unknown', { tls: 'verified' }, false],
  ] as const)('accept %s', async (_, settings, isAccepted) => {
    const tls = testCertificate()
    await writeFile(join(work, 'ca.crt'), tls.cert)
    await using registry = await startRegistry({ tls })
    await putImage(registry, 'team/app', '1', tinyImage())
    const host = {
      registry: registry.host,
      ...settings,
      ...('ca' in settings && { ca: tls.cert }),
      ...('certDir' in settings && { certDir: work }),
    }
    await using windlass = await open({ store: work, ...withHostsOf({ hosts: [host] }, { hosts: false }) })
    const resolved = windlass.resolve(`${registry.host}/team/app:1`)
    if (isAccepted) await resolved
    else await expect(resolved).rejects.toMatchObject({ code: 'TLS' })
  })

  it('use plain HTTP for a registry, and the configured hosts for all others', async () => {
    const configured: HostConfiguration = {
      hostsOf: ({ repository }) => Promise.resolve({ mirrors: [{ host: 'mirror.example', repository }] }),
      tlsOf: () => Promise.resolve({ ca: 'of the machine' }),
    }
    const { hosts } = withHostsOf({ hosts: [{ registry: 'r.example', tls: 'http' }] }, { hosts: configured })
    const of = (registry: string) => (hosts as HostConfiguration).hostsOf({ registry, repository: 'a' })
    expect(await of('r.example')).toMatchObject({
      mirrors: [{ host: 'mirror.example' }],
      registry: { host: 'r.example', scheme: 'http' },
    })
    expect((await of('other.example')).registry).toBeUndefined()
    expect(await (hosts as HostConfiguration).tlsOf('other.example')).toEqual({ ca: 'of the machine' })
  })
})
