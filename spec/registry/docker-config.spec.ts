import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Credential } from '../../lib/registry/credential.js'
import { firstOf, onlyFor } from '../../lib/registry/credentials.js'
import { parseDockerConfig, readDockerConfig } from '../../lib/registry/docker-config.js'

const auth = (username: string, password: string) => ({
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
})
const parse = (value: unknown) => parseDockerConfig(JSON.stringify(value), 'config.json')
const basic = (username: string, password: string) => `Basic ${auth(username, password).auth}`

describe('parseDockerConfig', () => {
  it('S0-81 reads auths, the old flat form, names, passwords and identity tokens', () => {
    expect(
      parse({ auths: { 'a.example': auth('u', 'p:q') } })
        .for('a.example')
        ?.basic(),
    ).toBe(basic('u', 'p:q'))
    expect(
      parse({ 'https://a.example/v1/': auth('u', 'p') })
        .for('a.example')
        ?.basic(),
    ).toBe(basic('u', 'p'))
    expect(
      parse({ auths: { a: { username: 'u', password: 'pä' } } })
        .for('a')
        ?.basic(),
    ).toBe(basic('u', 'pä'))
    const identity = parse({ auths: { a: { ...auth('00000000-0000', ''), identitytoken: 'refresh' } } }).for(
      'a',
    )
    expect(identity?.identityToken()).toBe('refresh')
    expect(identity?.basic()).toBeUndefined()
  })

  it('S0-80 matches host and port without scheme and path, and nothing that only resembles them', () => {
    const credentials = parse({ auths: { 'https://a.example:5000/v2/': auth('u', 'p') } })
    expect(credentials.for('A.example:5000')).toBeDefined()
    for (const other of ['a.example', 'a.example:5001', 'b.a.example:5000', 'a.example:5000.evil.example'])
      expect(credentials.for(other)).toBeUndefined()
  })

  it('S0-80 knows the names of docker.io, and no host that only holds them', () => {
    const credentials = parse({ auths: { 'https://index.docker.io/v1/': auth('u', 'p') } })
    for (const name of ['docker.io', 'index.docker.io', 'registry-1.docker.io'])
      expect(credentials.for(name)).toBeDefined()
    for (const name of ['docker.io.evil.example', 'notdocker.io', 'hub.docker.io'])
      expect(credentials.for(name)).toBeUndefined()
  })

  it('prefers a key that is the host alone to one with a path', () => {
    const credentials = parse({ auths: { 'quay.io/team': auth('team', 'p'), 'quay.io': auth('all', 'p') } })
    expect(credentials.for('quay.io')?.basic()).toBe(basic('all', 'p'))
  })

  it('says that a helper was not run, only where it matters', () => {
    const credentials = parse({
      credsStore: 'desktop',
      credHelpers: { 'gcr.io': 'gcloud' },
      auths: { a: auth('u', 'p') },
    })
    expect(credentials.for('gcr.io')).toBeUndefined()
    expect(credentials.why?.('gcr.io')).toContain("'gcloud'")
    expect(credentials.why?.('docker.io')).toContain("'desktop'")
    expect(credentials.why?.('a')).toBeUndefined()
    expect(parse({}).why?.('a')).toBeUndefined()
  })

  it('is not misled by names of JavaScript', () => {
    const credentials = parseDockerConfig('{"auths":{"__proto__":{"auth":"dTpw"}}}', 'c')
    expect(credentials.for('a')).toBeUndefined()
    expect(credentials.for('constructor')).toBeUndefined()
  })

  it('never quotes a file that it cannot read', () => {
    for (const text of [
      '{"auths": {"a": {"auth": "c2VjcmV0',
      '"sesame-1234"',
      '[]',
      '{"auths":{"a":{"auth":"c2VzYW1l"}}}',
    ]) {
      const error = (() => {
        try {
          parseDockerConfig(text, 'config.json')
        } catch (thrown) {
          return thrown
        }
        return undefined
      })()
      expect(error).toMatchObject({ code: 'USAGE' })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/c2V|sesame/)
    }
  })

  it('reads a file, and names one that is not there', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'windlass-'))
    try {
      const path = join(directory, 'config.json')
      await expect(readDockerConfig(path)).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining(path),
      })
      await writeFile(path, `\uFEFF${JSON.stringify({ auths: { a: auth('u', 'p') } })}`)
      expect((await readDockerConfig(path)).for('a')).toBeDefined()
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

describe('Credential', () => {
  it('shows its secrets to nobody who prints it', () => {
    for (const credential of [Credential.password('user', 'sesame'), Credential.identity('sesame')]) {
      const shown = inspect(credential, { showHidden: true, depth: 9 }) + JSON.stringify(credential)
      expect(shown).not.toContain('sesame')
      expect(Object.keys(credential)).toEqual([])
    }
  })

  it('has a fingerprint that tells credentials apart', () => {
    const of = (user: string, password: string) => Credential.password(user, password).fingerprint()
    expect(of('a', 'b')).toBe(of('a', 'b'))
    expect(
      new Set([
        of('a', 'b'),
        of('a', 'c'),
        of('ab', ''),
        of('', 'ab'),
        Credential.identity('b', 'a').fingerprint(),
      ]).size,
    ).toBe(5)
  })
})

describe('firstOf', () => {
  it('S0-79 lets what is given for a pull win over the default', () => {
    const pull = onlyFor('docker.io', Credential.password('pull', 'p'))
    const both = firstOf(pull, parse({ auths: { 'docker.io': auth('default', 'p'), b: auth('other', 'p') } }))
    expect(both.for('index.docker.io')?.basic()).toBe(basic('pull', 'p'))
    expect(both.for('b')?.basic()).toBe(basic('other', 'p'))
    expect(both.for('c')).toBeUndefined()
  })
})
