import { describe, expect, it } from 'vitest'
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
