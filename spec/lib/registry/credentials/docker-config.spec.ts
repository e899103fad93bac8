import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Credential } from '../../../../lib/registry/credentials/credential.js'
import { fileOrigin } from '../../../../lib/registry/credentials/config-origin.js'
import { configCredentials, parseDockerConfig } from '../../../../lib/registry/credentials/docker-config.js'
import { CredentialHelpers } from '../../../../lib/registry/credentials/credential-helpers.js'
import { temporaryHelpers } from '../../../support/credential-helpers.js'

const auth = (username: string, password: string) => ({
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
})
const named = (text: string) => {
  const [registry = '', ...path] = text.split('/')
  return { registry, repository: path.length === 0 ? 'team/app' : path.join('/') }
}
const basic = (username: string, password: string) => `Basic ${auth(username, password).auth}`
/** Parses a configuration whose helpers are programs in the directory `bin`. */
const parse = (value: unknown, bin?: string) =>
  configCredentials(
    JSON.stringify(value),
    fileOrigin('/x/config.json'),
    new CredentialHelpers({ env: { PATH: bin === undefined ? '/nonexistent' : `${bin}:/usr/bin:/bin` } }),
  )
const found = (value: unknown, asked: string) => parse(value).for(named(asked))
const basicFor = async (value: unknown, asked: string) => (await found(value, asked))?.basic()

/** Returns the parts of the credential in a form that can be compared. */
const told = (credential: Credential | undefined) =>
  credential && [credential.basic(), credential.identityToken(), credential.registryToken()]

async function outcome(value: unknown, asked: string) {
  const warnings: string[] = []
  try {
    const credential = await parse(value).for(named(asked), {
      onWarning: (code, message) => warnings.push(`${code}: ${message}`),
    })
    return { told: told(credential), warnings }
  } catch (error) {
    return { error, warnings }
  }
}

describe('parseDockerConfig', () => {
  it('reads auths, the old flat form, names, passwords and tokens (S0-81)', async () => {
    expect(await basicFor({ auths: { 'a.example': auth('u', 'p:q') } }, 'a.example')).toBe(basic('u', 'p:q'))
    expect(await basicFor({ 'https://a.example/v1/': auth('u', 'p') }, 'a.example')).toBe(basic('u', 'p'))
    expect(await basicFor({ auths: { a: { username: 'u', password: 'pä' } } }, 'a')).toBe(basic('u', 'pä'))
    const identity = { ...auth('00000000-0000', ''), identitytoken: 'refresh' }
    expect(told(await found({ auths: { a: identity } }, 'a'))).toEqual([undefined, 'refresh', undefined])
    const both = { ...auth('u', 'p'), identitytoken: 'refresh' }
    expect(told(await found({ auths: { a: both } }, 'a'))).toEqual([basic('u', 'p'), 'refresh', undefined])
    const token = { registrytoken: 'bearer' }
    expect(told(await found({ auths: { a: token } }, 'a'))).toEqual([undefined, undefined, 'bearer'])
    const helper = auth('<token>', 'refresh')
    expect(told(await found({ auths: { a: helper } }, 'a'))).toEqual([undefined, 'refresh', undefined])
  })

  it('compares host and port without scheme and path, and rejects similar names (S0-80)', async () => {
    const value = { auths: { 'https://a.example:5000/v2/': auth('u', 'p') } }
    expect(await found(value, 'A.example:5000')).toBeDefined()
    for (const other of ['a.example', 'a.example:5001', 'b.a.example:5000', 'a.example:5000.evil.example'])
      expect(await found(value, other)).toBeUndefined()
  })

  it('accepts every name of docker.io, and no host that merely contains one (S0-80)', async () => {
    const value = { auths: { 'https://index.docker.io/v1/': auth('u', 'p') } }
    for (const name of ['docker.io', 'index.docker.io', 'registry-1.docker.io'])
      expect(await found(value, name)).toBeDefined()
    for (const name of ['docker.io.evil.example', 'notdocker.io', 'hub.docker.io'])
      expect(await found(value, name)).toBeUndefined()
  })

  it('returns the credential of the longest key that covers a repository, or none', async () => {
    const keys = { 'quay.io/team': auth('team', 'p'), 'quay.io/team/app': auth('app', 'p') }
    const value = { auths: { ...keys, 'quay.io': auth('all', 'p') } }
    expect(await basicFor(value, 'quay.io/team/app')).toBe(basic('app', 'p'))
    expect(await basicFor(value, 'quay.io/team/tool')).toBe(basic('team', 'p'))
    expect(await basicFor(value, 'quay.io/other/app')).toBe(basic('all', 'p'))
    expect(await basicFor({ auths: keys }, 'quay.io/other/app')).toBeUndefined()
    expect(await parse({ auths: keys }).why?.(named('quay.io/other/app'))).toBe(
      '"/x/config.json" has credentials for "quay.io/team", "quay.io/team/app", but none for quay.io/other/app.',
    )
  })

  it('ignores an empty entry', async () => {
    const value = { auths: { 'quay.io/team': {}, 'quay.io': auth('all', 'p'), b: null, c: { auth: '' } } }
    expect(await basicFor(value, 'quay.io/team/app')).toBe(basic('all', 'p'))
    for (const other of ['b', 'c']) expect(await found(value, other)).toBeUndefined()
  })

  describe('with helpers', () => {
    const helpers = temporaryHelpers()
    const asked = async (value: unknown, name: string, warnings: string[] = []) => {
      const onWarning = (code: string, message: string) => warnings.push(`${code}: ${message}`)
      return told(await parse(value, helpers.bin).for(named(name), { onWarning }))
    }

    it('asks the helper of the registry, else the default helper, else takes the entry', async () => {
      await helpers.add('of-gcr', { 'gcr.example': ['gcr', 'p'] })
      await helpers.add('default', { 'quay.example': ['quay', 'p'], 'gcr.example': ['other', 'p'] })
      const value = {
        ...{ credsStore: 'default', credHelpers: { 'gcr.example': 'of-gcr' } },
        auths: { 'quay.example': auth('old', 'p'), c: auth('plain', 'p') },
      }
      expect(await asked(value, 'gcr.example')).toEqual([basic('gcr', 'p'), undefined, undefined])
      expect(await asked(value, 'quay.example')).toEqual([basic('quay', 'p'), undefined, undefined])
      expect(await asked(value, 'c')).toEqual([basic('plain', 'p'), undefined, undefined])
      expect(await asked(value, 'd')).toBeUndefined()
    })

    it('takes the entry of a namespace without asking the helper', async () => {
      await helpers.add('default', { 'quay.example': ['quay', 'p'] })
      const value = { credsStore: 'default', auths: { 'quay.example/team': auth('team', 'p') } }
      expect(await asked(value, 'quay.example/team/app')).toEqual([basic('team', 'p'), undefined, undefined])
      expect(await asked(value, 'quay.example/other/app')).toEqual([basic('quay', 'p'), undefined, undefined])
      expect(await helpers.calls('default')).toEqual(['get quay.example'])
    })

    it('asks for Docker Hub by the name that Docker gives it, then by that of Podman', async () => {
      await helpers.add('default', { 'docker.io': ['hub', 'p'] })
      const value = { credHelpers: { 'https://index.docker.io/v1/': 'default' } }
      expect(await asked(value, 'docker.io')).toEqual([basic('hub', 'p'), undefined, undefined])
      expect(await helpers.calls('default')).toEqual(['get https://index.docker.io/v1/', 'get docker.io'])
    })

    it('asks by the name of an empty entry too, which an older docker login has left', async () => {
      await helpers.add('default', { 'https://a.example/v2/': ['<token>', 'refresh'] })
      const value = { credsStore: 'default', auths: { 'https://a.example/v2/': {} } }
      expect(await asked(value, 'a.example')).toEqual([undefined, 'refresh', undefined])
    })

    it('rejects if a helper fails that has the login according to the file', async () => {
      for (const value of [
        { credHelpers: { 'gcr.example': 'none' } },
        { credsStore: 'none', auths: { 'https://gcr.example/v1/': {} } },
      ])
        await expect(parse(value).for(named('gcr.example'))).rejects.toMatchObject({
          code: 'USAGE',
          message:
            'Failed to get the login for gcr.example: the credential helper docker-credential-none failed: it is not installed',
        })
    })

    it('warns if the default helper fails, and continues without it', async () => {
      const value = { credsStore: 'none', auths: { b: auth('u', 'p') } }
      const warnings: string[] = []
      expect(await asked(value, 'b', warnings)).toEqual([basic('u', 'p'), undefined, undefined])
      expect(await asked(value, 'c', warnings)).toBeUndefined()
      expect(warnings).toEqual(
        ['b', 'c'].map((name): unknown =>
          expect.stringMatching(
            `^credential-helper-failed: Failed to get the login for ${name}: the credential helper docker-credential-none failed: .* \\("/x/config.json" names it\\)$`,
          ),
        ),
      )
    })

    it('says why there is no credential', async () => {
      await helpers.add('empty', {})
      const value = {
        credsStore: 'none',
        credHelpers: { 'gcr.example': 'empty' },
        auths: { a: auth('u', 'p') },
      }
      const credentials = parse(value, helpers.bin)
      const why = async (name: string) => {
        await credentials.for(named(name))
        return credentials.why?.(named(name))
      }
      expect(await why('gcr.example')).toContain(
        'the credential helper "empty", which has none for this registry',
      )
      expect(await why('b')).toMatch(/docker-credential-none failed: it is not installed\. Install/)
      expect(await why('a')).toBeUndefined()
    })

    it('uses an answer again for repositories of the same registry, and asks again where there was none', async () => {
      await helpers.add('default', { b: ['u', 'p'] })
      const credentials = parse({ credsStore: 'default' }, helpers.bin)
      for (const name of ['b/one', 'b/two', 'c', 'c']) await credentials.for(named(name))
      expect(await helpers.calls('default')).toEqual(['get b', 'get c', 'get c'])
    })

    it('asks again after half a minute, because the user may have logged in as another one', async () => {
      await helpers.add('default', { b: ['u', 'p'] })
      const credentials = parse({ credsStore: 'default' }, helpers.bin)
      await credentials.for(named('b'))
      const now = performance.now()
      const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 29_000)
      onTestFinished(() => clock.mockRestore())
      await credentials.for(named('b'))
      expect(await helpers.calls('default')).toEqual(['get b'])
      clock.mockReturnValue(now + 31_000)
      await credentials.for(named('b'))
      expect(await helpers.calls('default')).toEqual(['get b', 'get b'])
    })

    it('rejects if it is cancelled, and does not continue without the default helper', async () => {
      await helpers.add('default', { b: ['u', 'p'] })
      const warnings: string[] = []
      const request = { signal: AbortSignal.abort(), onWarning: (code: string) => warnings.push(code) }
      const credentials = parse({ credsStore: 'default' }, helpers.bin)
      await expect(credentials.for(named('b'), request)).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(warnings).toEqual([])
    })
  })

  it('reads keys such as __proto__ and constructor like any other', async () => {
    const credentials = parseDockerConfig('{"auths":{"__proto__":{"auth":"dTpw"}}}', 'c')
    expect(await credentials.for(named('a'))).toBeUndefined()
    expect(await credentials.for(named('constructor'))).toBeUndefined()
  })

  it('treats an empty file as one without credentials', async () => {
    for (const text of ['', ' \n', '\uFEFF', 'null', '{}', '{"auths":null}', '{"auths":{}}'])
      expect(await parseDockerConfig(text, 'c').for(named('a'))).toBeUndefined()
  })

  it.each([
    ['what is not JSON', '{"auths": {"a": {"auth": "c2VjcmV0', 'is not JSON'],
    ['a text', '"sesame-1234"', 'is not a JSON object'],
    ['a number', '5', 'is not a JSON object'],
    ['an array', '[]', 'is not a JSON object'],
    ['auths as an array', '{"auths":[{"auth":"c2VjcmV0"}]}', "has an 'auths' that is not an object"],
    ['auths as a text', '{"auths":"c2VjcmV0"}', "has an 'auths' that is not an object"],
    ['auths as false', '{"auths":false}', "has an 'auths' that is not an object"],
    ['arrays in arrays', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'is not a JSON object'],
    ['auths of arrays', `{"auths":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, "has an 'auths' that is not"],
    ['objects that never close', '{"a":'.repeat(100_000), 'is not JSON'],
  ])('rejects %s, names the file and does not quote its content', (_, text, what) => {
    const error = thrownBy(() => parseDockerConfig(text, '/x/config.json'))
    expect(error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(`The credentials file "/x/config.json" ${what}`),
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/c2V|sesame/)
  })

  const bad: readonly (readonly [string, unknown])[] = [
    ['a text', 'c2VzYW1lOnNlc2FtZQ=='],
    ['an array', [auth('sesame', 'sesame')]],
    ['an auth without a colon', { auth: 'c2VzYW1l' }],
    ['an auth of another kind', { auth: 5 }],
    ['a password of another kind', { username: 'sesame', password: 5 }],
    ['a user name of another kind', { username: ['sesame'], password: 'sesame' }],
    ['an identity token of another kind', { identitytoken: { sesame: 1 } }],
    ['a registry token that ends the header', { registrytoken: 'sesame\r\nx: y' }],
  ]

  it.each(bad)('rejects %s for the requested registry, and does not quote it', async (_, entry) => {
    const { error } = await outcome({ auths: { a: entry, b: auth('u', 'p') } }, 'a')
    expect(error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('The entry "a" of the credentials file "/x/config.json"'),
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/c2V|sesame/)
  })

  it.each(bad)('warns about %s for another registry, and continues', async (_, entry) => {
    const value = { auths: { 'https://sesame@b': entry, b: entry, 'a/other': entry, a: auth('u', 'p') } }
    const { told: credential, warnings } = await outcome(value, 'a')
    expect(credential).toEqual([basic('u', 'p'), undefined, undefined])
    expect(warnings).toEqual([expect.stringMatching(/^credentials-ignored: The entry "https:\/\/b" /)])
    expect(warnings[0]).toMatch(/: it is ignored; so are "b", "a\/other"$/)
    expect(warnings.join()).not.toMatch(/c2V|sesame/)
  })

  it('rejects an invalid entry that covers the repository, even if a shorter key is valid', async () => {
    const value = { auths: { a: auth('u', 'p'), 'a/team': { auth: 5 } } }
    expect(await outcome(value, 'a/team/app')).toMatchObject({ error: { code: 'USAGE' } })
    expect((await outcome(value, 'a/other')).told).toBeDefined()
  })

  it.each([
    ['identitytoken', { ...auth('u', 'p'), identitytoken: 5 }],
    ['registrytoken', { ...auth('u', 'p'), registrytoken: [] }],
    ['username', { ...auth('u', 'p'), username: {} }],
    ['auth', { auth: true, username: 'u', password: 'p' }],
  ])('warns about a field %s of the wrong type that the credential does not need', async (field, entry) => {
    const { told: credential, warnings } = await outcome({ auths: { a: entry } }, 'a')
    expect(credential).toEqual([basic('u', 'p'), undefined, undefined])
    expect(warnings).toEqual([
      expect.stringContaining(`has a field '${field}' that is not a string: it is ignored`),
    ])
  })

  const full = {
    auths: {
      a: { ...auth('u', 'p'), username: 'x', password: 'y', identitytoken: 'i', registrytoken: 'r' },
      'a/team': { username: 'x', password: 'y' },
    },
    credsStore: 'desktop',
    credHelpers: { b: 'gcloud' },
  }
  type Path = readonly [string, ...string[]]
  const fields: readonly Path[] = [
    ...['auths', 'credsStore', 'credHelpers'].map((name): Path => [name]),
    ...['a', 'a/team'].map((key): Path => ['auths', key]),
    ...Object.keys(full.auths.a).map((name): Path => ['auths', 'a', name]),
    ...Object.keys(full.auths['a/team']).map((name): Path => ['auths', 'a/team', name]),
    ['credHelpers', 'b'],
  ]
  const everything = async (value: unknown) =>
    Promise.all(
      ['a', 'a/team/app', 'b', 'c'].map(async (asked) => [
        await outcome(value, asked),
        await parse(value).why?.(named(asked)),
      ]),
    )

  it('property: a field that is null is equivalent to a missing field', () =>
    fc.assert(
      fc.asyncProperty(fc.subarray([...fields], { minLength: 1 }), async (chosen) => {
        const [absent, nulls] = [structuredClone(full), structuredClone(full)]
        for (const path of chosen) {
          change(absent, path, undefined)
          change(nulls, path, null)
        }
        expect(await everything(nulls)).toEqual(await everything(absent))
      }),
      { numRuns: 200 },
    ))

  it('property: unknown fields change nothing', () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 2 }), async (anything) => {
        const more = structuredClone(full) as Record<string, unknown>
        for (const path of [['unknown'], ['auths', 'a', 'unknown']] as const) change(more, path, anything)
        expect(await everything(more)).toEqual(await everything(full))
      }),
      { numRuns: 100 },
    ))

  it('property: settings without credentials are not entries of the old form', () =>
    fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })), async (settings) => {
        const names = ['registrytoken', 'identitytoken', 'auth', 'username', 'password']
        const entries = Object.values(settings).filter(
          (each) => typeof each === 'object' && each !== null && names.some((name) => name in each),
        )
        fc.pre(entries.length === 0 && !('auths' in settings))
        expect(await outcome(settings, 'a')).toEqual({ told: undefined, warnings: [] })
      }),
      { numRuns: 100 },
    ))
})

function change(value: object, path: readonly [string, ...string[]], to: unknown): void {
  const [name, next, ...rest] = path
  const fields = value as Record<string, unknown>
  const inner = fields[name]
  if (next !== undefined) {
    if (typeof inner === 'object' && inner !== null) change(inner, [next, ...rest], to)
  } else if (to === undefined) Reflect.deleteProperty(fields, name)
  else fields[name] = to
}

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
