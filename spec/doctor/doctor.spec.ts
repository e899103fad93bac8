import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { examine, checks } from '../../doctor/doctor.js'
import type { Finding } from '../../doctor/finding.js'
import { putImage, startRegistry, tinyImage, type TestRegistry } from '../../lib/testing/index.js'
import { Registries } from '../../lib/registry/index.js'
import { windlass } from '../support/cli/test-terminal.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const home = temporaryDirectory()
let registry: TestRegistry

beforeAll(async () => {
  registry = await startRegistry()
  await putImage(registry, 'team/app', '1.0', tinyImage())
})

afterAll(() => registry.close())

describe('examine', () => {
  it('runs all checks, changes nothing, and goes on after one that fails', async () => {
    const store = path.join(home, 'none', 'store')
    const registries = new Registries()
    const findings: Finding[] = []
    const env = { ...process.env, http_proxy: 'ftp://user:secret@proxy', HOME: home }
    for await (const finding of examine({ store, env, registries, targets: [] })) findings.push(finding)
    await registries.close()
    const names = new Set(findings.map(({ check }) => check))
    for (const name of Object.keys(checks)) if (name !== 'targets') expect(names).toContain(name)
    expect(findings.find(({ check }) => check === 'proxies')).toMatchObject({ state: 'problem' })
    expect(JSON.stringify(findings)).not.toContain('secret')
    expect(readdirSync(home)).toEqual([])
    for (const { message, advice = 'X.' } of findings) {
      expect(message).toMatch(/\.$/)
      expect(advice).toMatch(/\.$/)
    }
  })
})

describe('windlass doctor', () => {
  const env = { HOME: home, WINDLASS_STORE: path.join(home, 'store') }

  it('contacts the named registries and images, and ends with 0 without a problem', async () => {
    registry.hook(({ kind }) =>
      kind === 'ping'
        ? {
            status: 200,
            headers: { 'ratelimit-limit': '100;w=3600', 'ratelimit-remaining': '3;w=3600' },
            body: Buffer.from('{}'),
          }
        : undefined,
    )
    const { code, out } = await windlass(
      ['doctor', '--json', registry.host, `${registry.host}/team/app:1.0`],
      { env },
    )
    registry.clearFaults()
    const findings = JSON.parse(out) as Finding[]
    expect(findings.filter(({ check }) => check === 'registry')).toEqual([
      { check: 'registry', state: 'ok', message: `${registry.host} answers without credentials.` },
      { check: 'registry', state: 'ok', message: `${registry.host} answers without credentials.` },
    ])
    expect(findings.find(({ check }) => check === 'rate-limit')).toMatchObject({
      state: 'note',
      message: `${registry.host} allows 3 of 100 more requests in 60 minutes.`,
    })
    expect(code).toBe(findings.some(({ state }) => state === 'problem') ? 1 : 0)
  })

  it('ends with 1 for a problem, and says what to do', async () => {
    const { code, out, err } = await windlass(['doctor', '127.0.0.1:1', 'UPPER CASE'], { env })
    expect(code).toBe(1)
    expect(out).toMatch(/^PROBLEM registry {4}Failed to .*127\.0\.0\.1:1/m)
    expect(out).toMatch(/^PROBLEM registry {4}.*UPPER CASE/m)
    expect(err).toMatch(/problems found/)
  })

  it('names files and registries, and never a secret', async () => {
    const authfile = path.join(home, 'auth.json')
    mkdirSync(path.join(home, 'docker'), { recursive: true })
    const auth = Buffer.from('me:hunter2').toString('base64')
    writeFileSync(
      authfile,
      JSON.stringify({ auths: { [registry.host]: { auth } }, credHelpers: { 'x.example': 'pass' } }),
    )
    const { out } = await windlass(['doctor', '--authfile', authfile, registry.host], { env })
    expect(out).toContain(
      `The file "${authfile}" has credentials for "${registry.host}" and the credential helper "pass".`,
    )
    expect(out).toContain(`${registry.host} answers, and accepts the credentials.`)
    expect(out).not.toContain('hunter2')
    expect(out).not.toContain(auth)
  })

  it('says that a registry refuses credentials, or requires some', async () => {
    const closed = await startRegistry({
      auth: { kind: 'basic', username: 'me', password: 'right' },
    } as never)
    try {
      const { out } = await windlass(['doctor', closed.host], { env })
      expect(out).toContain(`note    registry    ${closed.host} answers, but requires a login.`)
      const authfile = path.join(home, 'wrong.json')
      const auth = Buffer.from('me:wrong').toString('base64')
      writeFileSync(authfile, JSON.stringify({ auths: { [closed.host]: { auth } } }))
      const refused = await windlass(['doctor', '--authfile', authfile, closed.host], { env })
      expect(refused.code).toBe(1)
      expect(refused.out).toMatch(/^PROBLEM registry/m)
      expect(refused.out).not.toContain('wrong"')
    } finally {
      await closed.close()
    }
  })
})
