import { describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { defaultLimits } from '../../../lib/limits.js'
import { hostPlatform } from '../../../lib/image/index.js'
import type { ImageRegistries, ShortNames } from '../../../lib/registry/index.js'
import { ImageNames } from '../../../puller/names/image-names.js'
import { closeSources, nameOf } from '../../../puller/names/located.js'
import { putNamed } from '../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'

const file = '/etc/containers/registries.conf'
const search = (
  searchRegistries: readonly string[],
  mode: ShortNames['mode'] = 'permissive',
): ShortNames => ({
  ...{ aliases: new Map([['app', { target: 'alias.example/app', path: file }]]), searchRegistries, mode },
  searchedBy: file,
})

/** Names whose registries say which repository they were asked for, and with whose credentials. */
function names(shortNames?: ShortNames, store = '/nonexistent') {
  const registriesOf = (whose: string): ImageRegistries =>
    ({
      repository: ({ name }: { readonly name: string }) => ({ host: `${whose}: ${name}` }),
      withCredentials: () => registriesOf('their own'),
    }) as never
  const read = shortNames && vi.fn(() => shortNames)
  const all = new ImageNames({
    ...{ registries: registriesOf('all'), limits: defaultLimits, store: () => store, shortNames: read },
  })
  return { all, read }
}

describe('the name of an image', () => {
  const stores = new TemporaryStores()
  const digest = `sha256:${'1'.repeat(64)}`

  it('is one of Docker Hub if no file says otherwise', () => {
    const { candidates, typed, formerly } = names().all.locate('tool')
    expect({ typed, formerly }).toEqual({ typed: 'tool', formerly: undefined })
    expect(candidates).toMatchObject([
      { request: { name: 'docker.io/library/tool:latest', target: 'latest', platform: hostPlatform() } },
    ])
    expect(candidates[0].reason).toBeUndefined()
  })

  it('may mean several, each for the platform and with the credentials of the call, and as it was typed', () => {
    const { all } = names(search(['one.example', 'two.example']))
    const credentials = { 'one.example': { username: 'user', password: 'pass' } }
    const located = all.locate('tool:1', { platform: 'linux/s390x', credentials })
    expect(located.candidates.map(({ request }) => request)).toMatchObject(
      ['one.example/tool', 'two.example/tool'].map((name) => ({
        ...{ name: `${name}:1`, typed: 'tool:1', source: { host: `their own: ${name}` } },
        platform: { os: 'linux', architecture: 's390x' },
      })),
    )
    expect(located.candidates.map(({ reason }) => reason)).toEqual(
      Array(2).fill(`unqualified-search-registries in ${file}`),
    )
    expect(nameOf(located)).toBe('tool:1')
    expect(located.formerly).toMatchObject({ name: 'docker.io/library/tool:1' })
  })

  it('says which file has its alias, and not what it meant before if that is among the candidates', () => {
    const located = names(search([])).all.locate('app')
    expect(located.candidates).toMatchObject([
      { request: { name: 'alias.example/app:latest' }, reason: `an alias in ${file}` },
    ])
    expect(nameOf(located)).toBe('alias.example/app:latest')
    expect(names(search(['docker.io', 'one.example'])).all.locate('tool').formerly).toBeUndefined()
  })

  it('needs no file if it has a registry', () => {
    const { all, read } = names(search(['one.example']))
    for (const name of ['quay.io/team/app:1', 'docker://app', 'oci:/layout:app'])
      expect(all.locate(name).candidates[0].reason, name).toBeUndefined()
    expect(read).not.toHaveBeenCalled()
    expect(all.locate('docker.io/library/app').candidates[0].reason).toBeUndefined()
  })

  it('keeps its digest in the request', () => {
    expect(names().all.locate(`quay.io/team/app@${digest}`).candidates[0].request).toMatchObject({
      ...{ target: digest, digest },
    })
  })

  it('is looked for in the store if it is a digest or a key, or no reference', async () => {
    const store = await stores.open()
    const { digest: stored } = await putNamed(store, 'My App', '{}')
    const [entry] = await store.names.entries()
    const { all } = names(search(['one.example']), store.directory)
    for (const word of [stored, stored.slice(0, 15), entry!.key, 'My App']) {
      const { candidates, incompleteError } = all.locateAnywhere(word, { platform: 'linux/arm64' })
      expect(candidates, word).toMatchObject([
        { request: { name: 'My App', typed: word, target: stored, digest: stored } },
      ])
      expect(candidates[0].request.platform.architecture).toBe('arm64')
      expect(incompleteError?.()).toMatchObject({
        ...{ code: 'STORE_CORRUPT', hint: expect.stringContaining('windlass rm') as string },
        message: expect.stringContaining('The store has only a part of My App') as string,
      })
    }
  })

  it('is a reference although the store has something of that name, and an error if it is nothing', async () => {
    const store = await stores.open()
    await putNamed(store, 'tool', '{}')
    const { all } = names(undefined, store.directory)
    expect(all.locateAnywhere('tool').incompleteError).toBeUndefined()
    expect(() => all.locateAnywhere('No Such')).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }) as Error,
    )
    expect(() => all.locate('scratch')).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }) as Error,
    )
    expect(() => all.locateAnywhere('tool', { platform: 'x' })).toThrow(
      expect.objectContaining({ code: 'PLATFORM_INVALID' }) as Error,
    )
  })

  it('is not looked for in the store if a file that may say what it means is malformed', async () => {
    const store = await stores.open()
    await putNamed(store, 'tool', '{}')
    const all = new ImageNames({
      ...{
        registries: { repository: () => ({}) } as never,
        limits: defaultLimits,
        store: () => store.directory,
      },
      shortNames: () => {
        throw new WindlassError('USAGE', 'The file is malformed')
      },
    })
    expect(() => all.locateAnywhere('tool')).toThrow('The file is malformed')
  })

  it('stands for every name that the store may have it under, each once', () => {
    const { all } = names(search(['docker.io', 'one.example']))
    expect(all.storedNames('tool')).toEqual(['docker.io/library/tool:latest', 'one.example/tool:latest'])
    expect(all.storedNames('app:2')).toEqual(['alias.example/app:2', 'docker.io/library/app:2'])
    expect(all.storedNames('oci:/layout:app')).toEqual(['oci:/layout:app'])
  })
})

describe('the name of a repository', () => {
  const repositories = (shortNames?: ShortNames) =>
    names(shortNames)
      .all.repositories('tool', 'list tags')
      .map(({ reference: { name }, reason }) => [name, reason])

  it('may mean several, unless the files forbid to choose', () => {
    expect(repositories()).toEqual([['docker.io/library/tool', undefined]])
    const reason = `unqualified-search-registries in ${file}`
    expect(repositories(search(['one.example', 'two.example']))).toEqual([
      ['one.example/tool', reason],
      ['two.example/tool', reason],
    ])
    expect(repositories(search(['one.example'], 'enforcing'))).toEqual([['one.example/tool', reason]])
    expect(() => repositories(search(['one.example', 'two.example'], 'enforcing'))).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        hint: 'Write which image you mean: one.example/tool or two.example/tool.',
      }) as Error,
    )
  })
})

describe('the sources of an image', () => {
  it('are all closed, also those that were not chosen', async () => {
    const close = vi.fn(() => Promise.resolve())
    const candidates = [1, 2].map(() => ({ request: { source: { close } } }))
    await closeSources({ candidates: [...candidates, { request: { source: {} } }] } as never)
    expect(close).toHaveBeenCalledTimes(2)
  })
})
