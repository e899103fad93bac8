/** Plans of syncs, between sources and targets in memory: no network. */
import { describe, expect, it } from 'vitest'
import { type ErrorCode, WindlassError } from '../../../lib/errors.js'
import {
  type Descriptor,
  type Digest,
  type ImageSink,
  type ImageSource,
  digestOf,
  mediaTypes,
  parseImageName,
  withDefaultTag,
} from '../../../lib/image/index.js'
import { parseSyncList } from '../../../lib/sync/index.js'
import { documentRetryPolicy } from '../../../lib/transfer/index.js'
import { type SyncPlaces, type SyncPlan, planSync } from '../../../pipelines/index.js'

const digest = (content: string): Digest => digestOf(Buffer.from(content))

/** Tags of repositories with the content that each points at, or an error. */
type Content = Readonly<Record<string, Readonly<Record<string, string>> | ErrorCode>>

interface World {
  readonly source: Content
  readonly target?: Content
  /** Referrers of each content, at both sides. */
  readonly referrers?: Readonly<Record<'source' | 'target', Readonly<Record<string, readonly string[]>>>>
}

const referrer = (content: string): Descriptor => ({
  ...{ mediaType: mediaTypes.ociManifest, digest: digest(content), size: 1 },
})

/** Places whose calls are counted. A manifest cannot be fetched. */
function placesIn({ source, target = {}, referrers }: World): { places: SyncPlaces; calls: string[] } {
  const calls: string[] = []
  const parsed = (name: string) => {
    const named = parseImageName(name)
    if (named.kind !== 'registry') throw new Error('not here')
    const reference = withDefaultTag(named.reference)
    return { reference, tag: reference.target, repository: reference.repository, name: reference.toString() }
  }
  const tagsIn = (content: Content, repository: string): Readonly<Record<string, string>> => {
    const tags = content[repository] ?? 'NAME_UNKNOWN'
    if (typeof tags !== 'string') return tags
    throw new WindlassError(tags, `no ${repository}`, { retryable: false })
  }
  async function* listed(side: string, content: Content, repository: string) {
    calls.push(`${side} tags ${repository}`)
    yield await Promise.resolve(Object.keys(tagsIn(content, repository)))
  }
  const places: SyncPlaces = {
    retry: { ...documentRetryPolicy, attempts: 1 },
    request: (typed) => {
      const { tag, repository, name } = parsed(typed)
      const from: ImageSource = {
        host: 'source.example',
        identity: () => Promise.resolve(''),
        manifest: () => Promise.reject(new Error('a GET request')),
        blob: () => Promise.reject(new Error('a GET request')),
        blobSize: () => Promise.reject(new Error('a GET request')),
        tags: () => listed('source', source, repository),
        head: (asked) => {
          calls.push(`source head ${asked}`)
          const content = tagsIn(source, repository)[asked]
          if (content === undefined)
            return Promise.reject(new WindlassError('MANIFEST_UNKNOWN', `no ${asked}`))
          return Promise.resolve({
            ...{
              digest: digest(content),
              contentType: mediaTypes.ociManifest,
              size: 1,
              host: 'source.example',
            },
          })
        },
        async *referrers(subject) {
          const [, found = []] =
            Object.entries(referrers?.source ?? {}).find(([content]) => digest(content) === subject) ?? []
          yield await Promise.resolve(found.map(referrer))
        },
      }
      return {
        name,
        typed,
        target: tag,
        digest: undefined,
        source: from,
        platform: { os: 'linux', architecture: 'amd64' },
      }
    },
    target: (typed) => {
      const { tag, repository, name } = parsed(typed)
      const refuse = () => Promise.reject(new Error('a change'))
      const sink: ImageSink = {
        host: 'target.example',
        identity: () => Promise.resolve(''),
        hasBlob: () => Promise.resolve(false),
        hasImage: (image) =>
          Promise.resolve(
            Object.values(referrers?.target ?? {})
              .flat()
              .some((each) => digest(each) === image.digest),
          ),
        resolve: (asked) => {
          calls.push(`target head ${asked}`)
          const tags = target[repository]
          const content = typeof tags === 'object' ? tags[asked] : undefined
          return Promise.resolve(content === undefined ? undefined : digest(content))
        },
        putBlob: refuse,
        putManifest: refuse,
        tags: () => listed('target', target, repository),
        removeTags: () => {
          throw new Error('a change')
        },
      }
      return { name, sink, tag }
    },
  }
  return { places, calls }
}

const entry = (source: string, target: string, more = ''): string =>
  `  - { source: s.example/${source}, target: t.example/${target}, type: repository${more} }\n`
const lines = ({ items }: SyncPlan): string[] =>
  items.map(
    ({ action, from, to }) =>
      `${action} ${from === undefined ? '' : `${from.replace('s.example/', '')} `}${to.replace('t.example/', '')}`,
  )
const plan = (world: World, yaml: string, options: { delete?: boolean; signal?: AbortSignal } = {}) => {
  const { places, calls } = placesIn(world)
  return planSync(parseSyncList(`sync:\n${yaml}`), { places, ...options }).then((planned) => ({
    planned,
    calls,
  }))
}

describe('the plan of a sync', () => {
  const source = { app: { '1': 'one', '2': 'two', '3': 'three' } }

  it('copies what the target lacks, replaces what differs, and leaves what is equal', async () => {
    const { planned } = await plan(
      { source, target: { app: { '1': 'one', '2': 'old' } } },
      entry('app', 'app'),
    )
    expect(lines(planned)).toEqual(['equal app:1 app:1', 'replace app:2 app:2', 'copy app:3 app:3'])
    expect(planned.counts).toEqual({ copy: 1, replace: 1, referrers: 0, equal: 1, delete: 0, failed: 0 })
    expect(planned.items[1]).toMatchObject({
      digest: digest('two'),
      expected: digest('two'),
      previous: digest('old'),
    })
  })

  it('lists the tags of a repository once, and sends one HEAD request for each image to both sides', async () => {
    const yaml =
      entry('app', 'app', ', tags: { allow: ["1"] }') + entry('app', 'app', ', tags: { allow: ["[12]"] }')
    const { calls } = await plan({ source, target: source }, yaml, { delete: true })
    expect(calls.toSorted()).toEqual([
      ...['source head 1', 'source head 2', 'source tags app'],
      ...['target head 1', 'target head 2', 'target tags app'],
    ])
  })

  it('removes tags that the source lost, but only those that the filters select', async () => {
    const target = { app: { '1': 'one', '2': 'two', '7': 'x', edge: 'y' } }
    const yaml = entry('app', 'app', String.raw`, tags: { allow: ["\\d"] }`)
    expect(lines((await plan({ source, target }, yaml, { delete: true })).planned)).toEqual([
      ...['equal app:1 app:1', 'equal app:2 app:2', 'copy app:3 app:3', 'delete app:7'],
    ])
    expect(lines((await plan({ source, target }, yaml)).planned)).not.toContain('delete app:7')
  })

  it('removes versions that are no longer among the newest', async () => {
    const { planned } = await plan({ source, target: source }, entry('app', 'app', ', tags: { newest: 1 }'), {
      delete: true,
    })
    expect(lines(planned)).toEqual(['equal app:3 app:3', 'delete app:1', 'delete app:2'])
  })

  it('keeps what another entry selects for the same repository', async () => {
    const target = { all: { '1': 'one', '9': 'nine', old: 'x' } }
    const yaml = entry('app', 'all') + entry('lib', 'all', ', tags: { allow: ["9"] }')
    const { planned } = await plan({ source: { ...source, lib: { '9': 'nine' } }, target }, yaml, {
      delete: true,
    })
    expect(lines(planned)).toEqual([
      ...['equal app:1 all:1', 'copy app:2 all:2', 'copy app:3 all:3', 'equal lib:9 all:9', 'delete all:old'],
    ])
  })

  it('removes nothing from a repository if one of its sources cannot be listed', async () => {
    const target = { all: { '1': 'one', '7': 'x' } }
    const yaml = entry('app', 'all') + entry('gone', 'all')
    const { planned } = await plan({ source: { ...source, gone: 'DENIED' }, target }, yaml, { delete: true })
    expect(planned.counts).toMatchObject({ delete: 0, failed: 1, copy: 2 })
    expect(planned.warnings).toEqual([expect.stringContaining('Nothing is removed from t.example/all')])
    expect(planned.items[0]).toMatchObject({ action: 'failed', line: 3, error: { code: 'DENIED' } })
  })

  it('removes nothing if the source selects nothing', async () => {
    const { planned } = await plan({ source: { app: {} }, target: source }, entry('app', 'app'), {
      delete: true,
    })
    expect(planned.items).toEqual([])
    expect(planned.warnings).toEqual([expect.stringContaining('No tag of s.example/app is selected')])
  })

  it('never removes the tags of referrers', async () => {
    const tag = digest('one').replace(':', '-')
    const target = { app: { ...source.app, [tag]: 'x', [`${tag}.sig`]: 'y' } }
    expect(
      (await plan({ source, target }, entry('app', 'app'), { delete: true })).planned.counts.delete,
    ).toBe(0)
  })

  it('takes a repository that does not exist yet for empty', async () => {
    const { planned } = await plan({ source }, entry('app', 'app'), { delete: true })
    expect(planned.counts).toMatchObject({ copy: 3, delete: 0, failed: 0 })
  })

  it('has a failed item for an image that the source does not have, and goes on', async () => {
    const yaml = `  - { source: "s.example/app:no", target: "t.example/app:no", type: image }\n${entry('app', 'app')}`
    const { planned } = await plan({ source }, yaml)
    expect(planned.items[0]).toMatchObject({ action: 'failed', line: 2, error: { code: 'MANIFEST_UNKNOWN' } })
    expect(planned.counts).toMatchObject({ copy: 3, failed: 1 })
  })

  it('refuses that two entries write different images to one name', async () => {
    const yaml = entry('app', 'all', ', tags: { allow: ["1"] }') + entry('lib', 'all')
    const { planned } = await plan({ source: { ...source, lib: { '1': 'other' } } }, yaml)
    expect(lines(planned)).toEqual(['copy app:1 all:1', 'failed lib:1 all:1'])
    expect(planned.items[1]?.error?.message).toContain('line 2 copies s.example/app:1 there')
  })

  describe('with referrers', () => {
    const one = { source: { app: { '1': 'one' } }, target: { app: { '1': 'one' } } }
    const yaml = entry('app', 'app', ', referrers: true')

    it('copies an image again if the target lacks a signature of it', async () => {
      const referrers = { source: { one: ['sig', 'sbom'] }, target: { one: ['sig'] } }
      expect(lines((await plan({ ...one, referrers }, yaml)).planned)).toEqual(['referrers app:1 app:1'])
    })

    it('leaves an image whose referrers the target has', async () => {
      const referrers = { source: { one: ['sig'] }, target: { one: ['sig', 'more'] } }
      expect(lines((await plan({ ...one, referrers }, yaml)).planned)).toEqual(['equal app:1 app:1'])
    })

    it('does not look for them with fastCheck', async () => {
      const referrers = { source: { one: ['sig'] }, target: { one: [] } }
      const fast = entry('app', 'app', ', referrers: true, fastCheck: true')
      expect(lines((await plan({ ...one, referrers }, fast)).planned)).toEqual(['equal app:1 app:1'])
    })
  })

  it('is cancelled by a signal', async () => {
    await expect(
      plan({ source }, entry('app', 'app'), { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})
