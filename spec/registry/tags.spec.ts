import { describe, expect, it } from 'vitest'
import type { WindlassError } from '../../lib/errors.js'
import { faults, startRegistry } from '../../lib/testing/registry/index.js'
import { manifest, manifestType, talk, withRegistry } from './with-registry.js'

const pagesOf = async (pages: AsyncIterable<readonly string[]>): Promise<(readonly string[])[]> => {
  const all = []
  for await (const page of pages) all.push(page)
  return all
}

describe('tags', () => {
  it('S2-07 reads page after page, each when it is asked for', () =>
    withRegistry({ pageSize: 2 }, {}, async ({ repository, registry }) => {
      for (const tag of ['b', 'a', 'c', 'd']) registry.putManifest('team/app', tag, manifest, manifestType)
      expect(await pagesOf(repository.tags())).toEqual([['a', 'b'], ['c', 'd'], ['latest']])
      for await (const page of repository.tags()) {
        expect(page).toEqual(['a', 'b'])
        break
      }
      expect(talk(registry)).toHaveLength(4)
    }))

  it('reads a repository without tags', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.hook(({ kind }) =>
        kind === 'tags'
          ? { status: 200, headers: {}, body: Buffer.from('{"name":"x","tags":null}') }
          : undefined,
      )
      expect(await pagesOf(repository.tags())).toEqual([[]])
    }))

  it('never takes its next page from another host', async () => {
    const elsewhere = await startRegistry()
    await withRegistry({}, {}, async ({ repository, registry }) => {
      for (const link of [`${elsewhere.url}/v2/team/app/tags/list`, 'file:///x', `//${elsewhere.host}/`]) {
        registry.addFault(faults.header('link', `<${link}>; rel="next"`, { kind: 'tags', times: 1 }))
        await expect(pagesOf(repository.tags())).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' })
      }
      expect(elsewhere.requests).toEqual([])
    })
    await elsewhere.close()
  })

  it.each([
    ['tagPages', { tagPages: 2 }],
    ['tagBytes', { tagBytes: 80 }],
    ['tagPageBytes', { tagPageBytes: 20 }],
  ])('%s ends a list that is longer', (name, limits) =>
    withRegistry({ pageSize: 2 }, { limits }, async ({ repository, registry }) => {
      for (const tag of ['b', 'a', 'c', 'd']) registry.putManifest('team/app', tag, manifest, manifestType)
      await expect(pagesOf(repository.tags())).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining(`${name} allows`) as string,
        hint: expect.stringContaining(`--limit ${name}=N`) as string,
      })
    }),
  )

  it('asks for a page that failed again where it is told to, and for no other', () =>
    withRegistry({ pageSize: 2 }, {}, async ({ repository, registry }) => {
      for (const tag of ['b', 'a', 'c', 'd']) registry.putManifest('team/app', tag, manifest, manifestType)
      const second = { kind: 'tags', nth: 2 } as const
      registry.addFault(faults.status(503, second))
      registry.addFault(faults.reset(3, { ...second, nth: 3 }))
      const told: unknown[] = []
      const again = (error: unknown, attempt: number): number => {
        told.push([(error as WindlassError).code, attempt])
        return 1
      }
      expect(await pagesOf(repository.tags({ again }))).toEqual([['a', 'b'], ['c', 'd'], ['latest']])
      expect(told).toEqual([
        ['REGISTRY_UNAVAILABLE', 1],
        ['NETWORK', 2],
      ])
      expect(talk(registry)).toHaveLength(5)
    }))

  it('gives up where it is told to, and at once when it is cancelled while it waits', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.status(503, { kind: 'tags', times: Infinity }))
      const failed = { code: 'REGISTRY_UNAVAILABLE' }
      await expect(pagesOf(repository.tags())).rejects.toMatchObject(failed)
      const twice = (_error: unknown, attempt: number) => (attempt < 2 ? 0 : undefined)
      await expect(pagesOf(repository.tags({ again: twice }))).rejects.toMatchObject(failed)
      expect(talk(registry)).toHaveLength(3)
      const cancel = new AbortController()
      setTimeout(() => cancel.abort(), 50)
      await expect(
        pagesOf(repository.tags({ again: () => 60_000, signal: cancel.signal })),
      ).rejects.toMatchObject({ code: 'CANCELLED' })
    }))

  it('ends when the pages go in a circle', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.header('link', '</v2/team/app/tags/list?n=1>; rel="next"', { kind: 'tags' }))
      await expect(pagesOf(repository.tags())).rejects.toMatchObject({ code: 'REGISTRY_RESPONSE' })
      expect(talk(registry)).toHaveLength(2)
    }))

  it.each(['{"tags":["../x"]}', '{"tags":["a\\u001b[2J"]}', '{"tags":[1]}', '{"tags":{}}', '[]', 'x', '{}'])(
    'refuses %s',
    (text) =>
      withRegistry({}, {}, async ({ repository, registry }) => {
        registry.hook(({ kind }) =>
          kind === 'tags' ? { status: 200, headers: {}, body: Buffer.from(text) } : undefined,
        )
        const error: unknown = await pagesOf(repository.tags()).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'REGISTRY_RESPONSE' })
        expect(String(error)).not.toContain('\u001b')
      }),
  )

  it('says that there is no such repository', () =>
    withRegistry({}, {}, async ({ registries, registry }) => {
      const none = registries.repository({ registry: registry.host, repository: 'no/such' })
      await expect(pagesOf(none.tags())).rejects.toMatchObject({ code: 'NAME_UNKNOWN', exitCode: 4 })
    }))
})
