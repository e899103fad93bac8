import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { checkTargets, parseTarget } from '../../../doctor/checks/targets.js'
import { Registries } from '../../../lib/registry/index.js'
import { startRegistry } from '../../../lib/testing/index.js'
import { credentialsFor } from '../../../puller/options/credentials.js'
import { findingsOf, told } from '../../support/examination.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()

it.each([
  ['docker.io', 'registry docker.io'],
  ['localhost:5000', 'registry localhost:5000'],
  ['127.0.0.1:5000', 'registry 127.0.0.1:5000'],
  ['[::1]:5000', 'registry [::1]:5000'],
  ['registry.lan', 'registry registry.lan'],
  ['alpine', 'docker.io/library/alpine latest'],
  ['alpine:3', 'docker.io/library/alpine 3'],
  ['quay.io/team/app:1', 'quay.io/team/app 1'],
])('%s is %s', (text, expected) => {
  const target = parseTarget(text)
  expect(
    target.kind === 'registry'
      ? `registry ${target.registry}`
      : `${target.registry}/${target.repository} ${target.tagOrDigest}`,
  ).toBe(expected)
})

it('compares the clock, and says why a registry cannot be used', async () => {
  const registry = await startRegistry()
  try {
    registry.hook(({ kind }) =>
      kind === 'ping'
        ? { status: 200, headers: { date: 'Tue, 15 Nov 1994 08:12:31 GMT' }, body: Buffer.from('{}') }
        : undefined,
    )
    const findings = await findingsOf(checkTargets, '/s', { targets: [registry.host] })
    expect(findings.find(({ check }) => check === 'clock')).toMatchObject({ state: 'problem' })
    expect(told(await findingsOf(checkTargets, '/s', { targets: [`${registry.host}/no/such:1`] }))).toEqual([
      expect.stringMatching(/^problem .*has no /),
    ])
  } finally {
    await registry.close()
  }
})

it('says whether a registry accepts the credentials, requires a login, or refuses it', async () => {
  const user = { username: 'user', password: 'sesame' }
  const registry = await startRegistry({ auth: { kind: 'basic', ...user } })
  const authFile = path.join(directory, 'auth.json')
  const login = (password: string): void =>
    writeFileSync(authFile, JSON.stringify({ auths: { [registry.host]: { username: 'user', password } } }))
  const registries = new Registries({
    credentials: { for: async (request) => (await credentialsFor({ authFile })).for(request) },
  })
  const check = async (parts: object) =>
    findingsOf(checkTargets, '/s', { targets: [registry.host], ...parts })
  try {
    expect(await check({})).toMatchObject([
      { state: 'note', message: expect.stringContaining('requires a login') },
    ])
    login('sesame')
    expect((await check({ authFile, registries }))[0]).toMatchObject({
      ...{ state: 'ok', message: expect.stringContaining('accepts the credentials') },
    })
    login('wrong')
    const refused = await check({ authFile, registries })
    expect(refused).toMatchObject([{ state: 'problem' }])
    expect(JSON.stringify(refused)).not.toContain('wrong')
    const aborted = { authFile, registries, signal: AbortSignal.abort(new Error('the user left')) }
    await expect(check(aborted)).rejects.toThrow('the user left')
  } finally {
    await registries.close()
    await registry.close()
  }
})

it('says what is wrong with a name', async () => {
  expect(told(await findingsOf(checkTargets, '/s', { targets: ['No Name'] }))).toEqual([
    expect.stringMatching(/^problem /),
  ])
})
