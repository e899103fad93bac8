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

  it('requests a token that allows deletions', () =>
    withTarget({ removal: 'tags', auth: { kind: 'token' } }, {}, async ({ registry, target }) => {
      await put(registry, '1')
      expect(await remove(target, '1')).toEqual([{ tag: '1' }])
      const token = registry.requests.find(({ kind }) => kind === 'token')
      expect(decodeURIComponent(token!.url)).toContain('repository:team/app:pull,push,delete')
    }))
})
