import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { parseReference } from '../../../lib/image/index.js'
import type { RepositorySource } from '../../../lib/registry/index.js'
import { listFirst, listTags, repositoryNamed } from '../../../puller/names/tags.js'

/** Registries with pages of tags by the name of the repository, or the code of an error. */
function registriesWith(tags: Readonly<Record<string, readonly (readonly string[])[] | string>>) {
  const asked: string[] = []
  const repository = ({ name }: { readonly name: string }) => ({
    async *tags() {
      asked.push(name)
      const pages = tags[name] ?? 'NAME_UNKNOWN'
      if (typeof pages === 'string') throw new WindlassError(pages as never, `${name} says ${pages}`)
      yield* pages
    },
  })
  return { asked, registries: { repository } as unknown as RepositorySource }
}
const candidate = (name: string, reason?: string) => ({
  reference: parseReference(name),
  ...(reason !== undefined && { reason }),
})

describe('the tags of a repository', () => {
  const all = [candidate('one.example/app', 'a file'), candidate('two.example/app', 'a file')]
  const tagsOf = async (candidates: typeof all, registries: RepositorySource) => {
    const warnings: string[] = []
    const onWarning = (_code: string, message: string): void => void warnings.push(message)
    const tags: string[] = []
    for await (const tag of listTags('app', candidates, registries, { onWarning })) tags.push(tag)
    return { tags, warnings }
  }

  it('are those of all pages, in their order', async () => {
    const { registries } = registriesWith({ 'one.example/app': [['b', 'a'], [], ['c']] })
    expect(await tagsOf([candidate('one.example/app')], registries)).toEqual({
      ...{ tags: ['b', 'a', 'c'], warnings: [] },
    })
  })

  it('are not asked for before they are read, if only one repository is meant', async () => {
    const { registries, asked } = registriesWith({})
    await listFirst('app', [candidate('one.example/app')], registries)
    expect(asked).toEqual([])
  })

  it('are those of the first of several that a registry lists, with a warning that names it', async () => {
    const { registries, asked } = registriesWith({ 'two.example/app': [['a'], ['b']] })
    expect(await tagsOf(all, registries)).toEqual({
      ...{ tags: ['a', 'b'], warnings: ['"app" is two.example/app, by a file'] },
    })
    expect(asked).toEqual(['one.example/app', 'two.example/app'])
  })

  it('may be none', async () => {
    expect((await tagsOf(all, registriesWith({ 'one.example/app': [] }).registries)).tags).toEqual([])
  })

  it('are unknown if every registry fails', async () => {
    const { registries } = registriesWith({ 'two.example/app': 'DENIED' })
    await expect(tagsOf(all, registries)).rejects.toMatchObject({ code: 'DENIED' })
  })
})

describe('the name of a repository', () => {
  it('has no tag and no digest', () => {
    expect(repositoryNamed('quay.io/podman/hello', 'list tags').name).toBe('quay.io/podman/hello')
    for (const name of ['quay.io/podman/hello:1', `quay.io/podman/hello@sha256:${'0'.repeat(64)}`])
      expect(() => repositoryNamed(name, 'list tags')).toThrow(/^Cannot list tags: .* is one image/)
  })

  it.each([
    ['oci:/layout', 'is an image layout'],
    ['docker-archive:/a.tar', 'is on this machine'],
  ])('is of a registry, not %s', (name, says) => {
    expect(() => repositoryNamed(name, 'list tags')).toThrow(says)
  })
})
