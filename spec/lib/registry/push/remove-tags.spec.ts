import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { TagRemoval } from '../../../../lib/image/index.js'
import type { TargetRepository } from '../../../../lib/registry/index.js'
import {
  buildIndex,
  faults,
  problem,
  putImage,
  type TestRegistry,
  tinyImage,
} from '../../../../lib/testing/index.js'
import { withoutHeaders as without } from '../../../../lib/testing/registry/answer.js'
import { amd, arm } from '../../../support/copies.js'
import { withTarget } from '../../../support/with-target.js'

const image = tinyImage()

/** Puts an image under several tags. */
const put = async (registry: TestRegistry, ...tags: readonly string[]): Promise<void> => {
  for (const tag of tags) await putImage(registry, 'team/app', tag, image)
}

async function remove(target: TargetRepository, ...tags: readonly string[]): Promise<TagRemoval[]> {
  const outcomes: TagRemoval[] = []
  for await (const outcome of target.removeTags(tags)) outcomes.push(outcome)
  return outcomes
}

async function tagsOf(target: TargetRepository): Promise<string[]> {
  const all: string[] = []
  for await (const page of target.tags()) all.push(...page)
  return all
}

const deletions = ({ requests }: TestRegistry): string[] =>
  requests.filter(({ method }) => method === 'DELETE').map(({ reference }) => reference)

describe('the removal of tags', () => {
  it('removes a tag, and keeps the manifest that another tag points at', () =>
    withTarget({ removal: 'tags' }, {}, async ({ registry, target }) => {
      await put(registry, '1', '2')
      expect(await remove(target, '1')).toEqual([{ tag: '1' }])
      expect(await tagsOf(target)).toEqual(['2'])
      expect(deletions(registry)).toEqual(['1'])
    }))

  it('counts a tag that does not exist as removed', () =>
    withTarget({ removal: 'tags' }, {}, async ({ registry, target }) => {
      await put(registry, '1')
      expect(await remove(target, 'gone', '1')).toEqual([{ tag: 'gone' }, { tag: '1' }])
    }))

  it('deletes the manifest if the registry does not delete tags, and no other tag needs it', () =>
    withTarget({ removal: 'digests' }, {}, async ({ registry, target }) => {
      await put(registry, '1', '2')
      await putImage(registry, 'team/app', 'other', amd)
      expect(await remove(target, '1', '2')).toEqual([{ tag: '1' }, { tag: '2' }])
      expect(await tagsOf(target)).toEqual(['other'])
      expect(deletions(registry)).toEqual(['1', image.manifest.digest])
    }))

  it('keeps a manifest that another tag points at', () =>
    withTarget({ removal: 'digests' }, {}, async ({ registry, target }) => {
      await put(registry, '1', 'stable')
      const [outcome] = await remove(target, '1')
      expect(outcome?.error).toMatchObject({ code: 'UNSUPPORTED' })
      expect(outcome?.error?.message).toContain(`the tag stable needs ${image.manifest.digest}`)
      expect(await tagsOf(target)).toEqual(['1', 'stable'])
    }))

  it('keeps a manifest that the index of another tag lists, also in a nested index', () =>
    withTarget({ removal: 'digests' }, {}, async ({ registry, target }) => {
      await putImage(registry, 'team/app', 'all', buildIndex([amd, buildIndex([arm])]))
      await putImage(registry, 'team/app', 'arm', arm)
      const [outcome] = await remove(target, 'arm')
      expect(outcome?.error?.message).toContain(`the tag all needs ${arm.manifest.digest}`)
      expect(await tagsOf(target)).toEqual(['all', 'arm'])
    }))

  it('says that the registry does not delete, and goes on with the other tags', () =>
    withTarget({}, {}, async ({ registry, target }) => {
      await put(registry, '1')
      await putImage(registry, 'team/app', '2', amd)
      const outcomes = await remove(target, '1', '2')
      expect(outcomes.map(({ error }) => error?.code)).toEqual(['UNSUPPORTED', 'UNSUPPORTED'])
      expect(outcomes[0]?.error).toMatchObject({ subject: { status: 405 } })
      expect(outcomes[0]?.error?.hint).toContain('REGISTRY_STORAGE_DELETE_ENABLED')
      expect(await tagsOf(target)).toEqual(['1', '2'])
    }))

  it('removes nothing if it cannot find out what other tags need', () =>
    withTarget({ removal: 'digests' }, {}, async ({ registry, target }) => {
      await put(registry, '1')
      await putImage(registry, 'team/app', '2', amd)
      registry.hook((request) =>
        request.reference === '2' && request.method !== 'DELETE' ? problem(403, 'DENIED', 'no') : undefined,
      )
      const [outcome] = await remove(target, '1')
      expect(outcome?.error?.code).toBe('DENIED')
      expect(deletions(registry)).toEqual(['1'])
    }))

  it('reports a refusal of the login for each tag', () =>
    withTarget({ removal: 'tags' }, {}, async ({ registry, target }) => {
      await put(registry, '1')
      registry.addFault(faults.status(403, { kind: 'manifest' }))
      const [outcome] = await remove(target, '1')
      expect(outcome?.error?.code).toBe('DENIED')
    }))

  it('looks up the other tags once for all, by HEAD, and reads only indexes', () =>
    withTarget({ removal: 'digests' }, {}, async ({ registry, target }) => {
      await put(registry, '1')
      await putImage(registry, 'team/app', '2', amd)
      await putImage(registry, 'team/app', 'all', buildIndex([arm]))
      const others = Array.from({ length: 19 }, (_, at) => `kept-${at}`)
      for (const tag of others) await putImage(registry, 'team/app', tag, arm)
      expect(await remove(target, '1', '2')).toEqual([{ tag: '1' }, { tag: '2' }])
      const lookups = registry.requests.filter(
        ({ kind, method }) => kind === 'manifest' && method !== 'DELETE',
      )
      const names = lookups.map(({ method, reference }) => `${method} ${reference}`)
      for (const tag of ['all', ...others])
        expect(names.filter((name) => name === `HEAD ${tag}`)).toHaveLength(1)
      expect(names.filter((name) => name.startsWith('GET'))).toEqual([
        `GET ${buildIndex([arm]).manifest.digest}`,
      ])
    }))

  it('reads the digest from the manifest if the registry does not state it', () =>
    withTarget({ removal: 'digests' }, {}, async ({ registry, target }) => {
      await put(registry, '1', 'stable')
      registry.addFault(
        faults.answer(
          ({ headers, ...answer }) => ({ ...answer, headers: without(headers, 'docker-content-digest') }),
          { kind: 'manifest' },
        ),
      )
      const [outcome] = await remove(target, '1')
      expect(outcome?.error?.message).toContain(`the tag stable needs ${image.manifest.digest}`)
    }))

  it('removes nothing if indexes are nested too deeply to know what they need', () =>
    withTarget({ removal: 'digests' }, { limits: { indexDepth: 1 } }, async ({ registry, target }) => {
      await put(registry, '1')
      await putImage(registry, 'team/app', 'nested', buildIndex([buildIndex([amd])]))
      expect(await remove(target, '1')).toEqual([{ tag: '1' }])
      await put(registry, '1')
      await putImage(registry, 'team/app', 'deep', buildIndex([buildIndex([buildIndex([arm])])]))
      const [outcome] = await remove(target, '1')
      expect(outcome?.error?.code).toBe('LIMIT_EXCEEDED')
      expect(deletions(registry)).toEqual(['1', image.manifest.digest, '1'])
    }))

  it('ends when it is cancelled, also while it lists the other tags', () =>
    withTarget({ removal: 'digests' }, {}, async ({ registry, target }) => {
      await put(registry, '1', '2')
      const cancel = new AbortController()
      registry.hook(({ kind }) => {
        if (kind !== 'tags') return undefined
        cancel.abort()
        return new Promise(() => undefined)
      })
      const removal = target.removeTags(['1', '2'], { signal: cancel.signal })[Symbol.asyncIterator]()
      await expect(removal.next()).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(await removal.next()).toEqual({ done: true, value: undefined })
      expect(deletions(registry)).toEqual(['1'])
    }))

  it('leaves no listener on its signal', () =>
    withTarget({ removal: 'tags' }, {}, async ({ registry, target }) => {
      await put(registry, '1', '2')
      const { signal } = new AbortController()
      for await (const { error } of target.removeTags(['1', '2'], { signal })) expect(error).toBeUndefined()
      await expect.poll(() => getEventListeners(signal, 'abort')).toEqual([])
    }))

  it('requests a token that allows deletions', () =>
    withTarget({ removal: 'tags', auth: { kind: 'token' } }, {}, async ({ registry, target }) => {
      await put(registry, '1')
      expect(await remove(target, '1')).toEqual([{ tag: '1' }])
      const token = registry.requests.find(({ kind }) => kind === 'token')
      expect(decodeURIComponent(token!.url)).toContain('repository:team/app:pull,push,delete')
    }))
})
