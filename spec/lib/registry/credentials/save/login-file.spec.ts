import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { credentialsFile } from '../../../../../lib/registry/credentials/credentials-file.js'
import { type KeyStyle, LoginFile } from '../../../../../lib/registry/credentials/save/login-file.js'
import { temporaryHelpers } from '../../../../support/credential-helpers.js'

const login = { username: 'user', password: 'pä:ss' }
const auth = Buffer.from('user:pä:ss').toString('base64')

describe('a file with logins', () => {
  const helpers = temporaryHelpers()
  let directory = ''
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'windlass-'))))
  afterEach(() => rm(directory, { recursive: true }))
  const path = () => join(directory, 'config.json')
  const env = () => ({ PATH: `${helpers.bin}:/usr/bin:/bin` })
  const open = (style: KeyStyle = 'docker') => new LoginFile(path(), style, { env: env() })
  const content = async () => JSON.parse(await readFile(path(), 'utf8')) as Record<string, unknown>
  const write = (value: unknown) => writeFile(path(), JSON.stringify(value))
  const found = async (registry: string, repository = 'team/app') =>
    credentialsFile(path(), { env: env(), optional: true }).for({ registry, repository })

  it.each<[KeyStyle, string]>([
    ['docker', 'https://index.docker.io/v1/'],
    ['podman', 'docker.io'],
  ])('has the keys that %s writes', async (style, hub) => {
    for (const key of ['docker.io', 'quay.io', 'quay.io/team', 'localhost:5000'])
      await open(style).save(key, login)
    expect(await content()).toEqual({
      auths: Object.fromEntries(
        [hub, 'quay.io', 'quay.io/team', 'localhost:5000'].map((key) => [key, { auth }]),
      ),
    })
    for (const registry of ['docker.io', 'quay.io', 'localhost:5000'])
      expect((await found(registry))?.basic()).toBe(`Basic ${auth}`)
  })

  it('has an identity token in place of the password', async () => {
    await open().save('a', { username: 'user', password: 'secret', identityToken: 'refresh' })
    expect(await content()).toEqual({
      auths: { a: { auth: Buffer.from('user:').toString('base64'), identitytoken: 'refresh' } },
    })
  })

  it('keeps other entries and settings, and updates other names of the same registry', async () => {
    const text =
      '{"psFormat":"x","auths":{"docker.io":{"auth":"b2xkOm9sZA==","email":"e"},"b":{}},"HttpHeaders":{"A":"b"}}'
    await writeFile(path(), text)
    await open().save('docker.io', login)
    expect(await readFile(path(), 'utf8')).toBe(
      `{"psFormat":"x","auths":{"docker.io":{"auth":"${auth}"},"b":{},"https://index.docker.io/v1/":{"auth":"${auth}"}},"HttpHeaders":{"A":"b"}}`,
    )
    expect(await open().remove('index.docker.io')).toEqual({ file: path() })
    expect(await content()).toEqual({ psFormat: 'x', auths: { b: {} }, HttpHeaders: { A: 'b' } })
    expect(await open().remove('docker.io')).toBeUndefined()
  })

  it('of the old form keeps that form', async () => {
    await write({ 'https://a/v1/': { auth: 'b2xkOm9sZA==' } })
    await open().save('b', login)
    expect(await content()).toEqual({ 'https://a/v1/': { auth: 'b2xkOm9sZA==' }, b: { auth } })
    expect((await found('b'))?.username).toBe('user')
    await open().remove('a')
    expect(Object.keys(await content())).toEqual(['b'])
  })

  it('gives the login to the helper, and keeps only an empty entry', async () => {
    await helpers.add('keys', {})
    await write({ credsStore: 'keys', auths: { 'quay.io': { auth } } })
    expect(await open().save('quay.io', login)).toEqual({ file: path(), helper: 'keys' })
    expect(await helpers.stored('keys', 'quay.io')).toEqual({
      ...{ ServerURL: 'quay.io', Username: 'user', Secret: 'pä:ss' },
    })
    await open().save('docker.io', { username: 'user', identityToken: 'refresh' })
    expect(await helpers.stored('keys', 'https://index.docker.io/v1/')).toMatchObject({
      ...{ Username: '<token>', Secret: 'refresh' },
    })
    expect(await content()).toEqual({
      credsStore: 'keys',
      auths: { 'quay.io': {}, 'https://index.docker.io/v1/': {} },
    })
    expect((await found('quay.io'))?.basic()).toBe(`Basic ${auth}`)
    expect((await found('docker.io'))?.identityToken()).toBe('refresh')
    expect(await open().remove('quay.io')).toEqual({ file: path(), helper: 'keys' })
    expect(await helpers.stored('keys', 'quay.io')).toBeNull()
    expect(await open().remove('quay.io')).toBeUndefined()
  })

  it('has the login for a namespace itself, even if there is a helper', async () => {
    await helpers.add('keys', {})
    await write({ credHelpers: { 'quay.io': 'keys' } })
    expect(await open().save('quay.io/team', login)).toEqual({ file: path() })
    expect(await helpers.calls('keys')).toEqual([])
  })

  it('is not changed if the helper fails', async () => {
    await helpers.addScript('keys', 'exit 1')
    await write({ credsStore: 'keys' })
    await expect(open().save('quay.io', login)).rejects.toThrow('docker-credential-keys failed')
    expect(await content()).toEqual({ credsStore: 'keys' })
  })

  it('loses all logins, those of its helpers too, even if one helper fails', async () => {
    await helpers.add('keys', { a: ['u', 'p'], b: ['u', 'p'] })
    await helpers.add('other', { 'gcr.io': ['u', 'p'], x: ['u', 'p'] })
    await write({
      ...{ credsStore: 'keys', credHelpers: { 'gcr.io': 'other', 'ghcr.io': 'none' } },
      auths: { a: {}, c: { auth } },
    })
    const failures: string[] = []
    const places = await open().removeAll((error) => failures.push(error.message))
    expect(places).toEqual(['other', 'keys'].map((helper) => ({ file: path(), helper })))
    expect(failures).toEqual([expect.stringContaining('docker-credential-none failed')])
    for (const [name, server] of [
      ['keys', 'a'],
      ['keys', 'b'],
      ['other', 'gcr.io'],
    ] as const)
      expect(await helpers.stored(name, server)).toBeNull()
    expect(await helpers.stored('other', 'x')).not.toBeNull()
    expect(await content()).toMatchObject({ auths: {}, credsStore: 'keys' })
  })

  it('keeps its logins if their removal is cancelled, which is no failure of a helper', async () => {
    await helpers.add('keys', { a: ['u', 'p'] })
    await write({ credsStore: 'keys', auths: { a: {}, c: { auth } } })
    const before = await content()
    const failures: unknown[] = []
    const removed = open().removeAll((error) => failures.push(error), AbortSignal.abort())
    await expect(removed).rejects.toMatchObject({ code: 'CANCELLED' })
    expect([failures, await content()]).toEqual([[], before])
    for (const work of [
      open().save('c', login, AbortSignal.abort()),
      open().remove('c', AbortSignal.abort()),
    ])
      await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await content()).toEqual(before)
  })

  it('that is damaged is an error, and stays as it is', async () => {
    await writeFile(path(), '{"auths":')
    await expect(open().save('a', login)).rejects.toMatchObject({ code: 'USAGE' })
    expect(await readFile(path(), 'utf8')).toBe('{"auths":')
  })

  it('mentions a login that it or a helper has', async () => {
    await write({ credsStore: 'keys', auths: { 'https://a/v2/': {}, 'b/team': { auth } } })
    const answers = await Promise.all(['a', 'b', 'b/team', 'c'].map((key) => open().mentions(key)))
    expect(answers).toEqual([true, false, true, false])
  })
})
