import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { Flow, Scope } from '../../../lib/flow/index.js'
import { type Digest, type ImageSink, digestOf } from '../../../lib/image/index.js'
import type { CopiedImage } from '../../../lib/transfer/index.js'
import type { SyncAction, SyncItem, SyncReport } from '../../../pipelines/index.js'
import { type RunSyncSettings, runSync } from '../../../pipelines/sync/run-sync.js'
import { runForResult } from '../../../pipelines/run-for-result.js'

const digest: Digest = digestOf(Buffer.from('x'))
const item = (action: SyncAction, name: string): SyncItem => ({
  ...{ action, line: 1, to: `t.example/${name}`, allPlatforms: true, referrers: false },
  ...(action !== 'delete' && { from: `s.example/${name}`, digest, expected: digest }),
})
const copied = (to: string): CopiedImage => ({
  ...{ from: '', name: to, digest, mediaType: '', status: 'newer' },
  ...{ bytes: { total: 10, copied: 4 }, blobs: { copied: 1, mounted: 0, exists: 0 } },
})

interface Ran {
  readonly report: SyncReport
  readonly started: readonly string[]
  readonly removed: readonly (readonly string[])[]
  readonly most: number
}

/** Runs the items. Copies to names with “bad” fail, and so does the removal of tags with “kept”. */
async function ran(items: readonly SyncItem[], settings: Partial<RunSyncSettings> = {}): Promise<Ran> {
  const [started, removed]: [string[], (readonly string[])[]] = [[], []]
  let [running, most] = [0, 0]
  const start = ({ to }: SyncItem) => {
    started.push(to)
    most = Math.max(most, ++running)
    const done = new Promise<CopiedImage>((resolve, reject) =>
      setTimeout(() => {
        running--
        if (to.includes('bad')) reject(new WindlassError('NETWORK', `no ${to}`))
        else resolve(copied(to))
      }, 5),
    )
    return {
      done,
      cancel: () => undefined,
      closed: () =>
        done.then(
          () => undefined,
          () => undefined,
        ),
    }
  }
  const sink = {
    async *removeTags(tags: readonly string[]) {
      removed.push(tags)
      for (const tag of tags)
        yield await Promise.resolve(
          tag.includes('kept') ? { tag, error: new WindlassError('UNSUPPORTED', `no ${tag}`) } : { tag },
        )
    },
  } as unknown as ImageSink
  const target = (name: string) => ({ name, sink, tag: name.slice(name.lastIndexOf(':') + 1) })
  const stage = runSync({ concurrency: 2, failFast: false, start, target, ...settings })
  const report = await runForResult(Flow.from(items).pipe(stage), new Scope())
  return { report, started, removed, most }
}

const results = ({ outcomes }: SyncReport): string[] =>
  outcomes.map(({ result, to }) => `${result} ${to.slice(10)}`)

describe('a sync', () => {
  it('copies what the plan says, then removes tags, and reports all in the order of the plan', async () => {
    const items = [
      ...[item('equal', 'a:1'), item('copy', 'a:2'), item('replace', 'a:3'), item('referrers', 'a:4')],
      ...[item('delete', 'a:5'), item('delete', 'b:1'), item('delete', 'a:6')],
    ]
    const { report, started, removed } = await ran(items)
    expect(results(report)).toEqual([
      ...[
        'equal a:1',
        'copied a:2',
        'replaced a:3',
        'completed a:4',
        'deleted a:5',
        'deleted b:1',
        'deleted a:6',
      ],
    ])
    expect(started).toEqual(['a:2', 'a:3', 'a:4'].map((name) => `t.example/${name}`))
    expect(removed).toEqual([['5', '6'], ['1']])
    expect(report.counts).toEqual({
      copied: 1,
      replaced: 1,
      completed: 1,
      equal: 1,
      deleted: 3,
      kept: 0,
      failed: 0,
    })
    expect(report.bytes).toEqual({ total: 30, copied: 12 })
  })

  it('goes on after a failure, and removes nothing from that repository', async () => {
    const items = [item('copy', 'a:bad'), item('copy', 'a:2'), item('delete', 'a:3'), item('delete', 'b:1')]
    const { report } = await ran(items)
    expect(results(report)).toEqual(['failed a:bad', 'copied a:2', 'kept a:3', 'deleted b:1'])
    expect(report.outcomes[0]?.error).toMatchObject({ code: 'NETWORK' })
  })

  it('removes nothing from a repository for which the plan has a failure', async () => {
    const error = new WindlassError('DENIED', 'no').toJSON()
    const { report, removed } = await ran([{ ...item('failed', 'a:1'), error }, item('delete', 'a:3')])
    expect(results(report)).toEqual(['failed a:1', 'kept a:3'])
    expect(removed).toEqual([])
  })

  it('reports a tag that cannot be removed, and goes on', async () => {
    const { report } = await ran([item('delete', 'a:kept'), item('delete', 'a:2')])
    expect(results(report)).toEqual(['failed a:kept', 'deleted a:2'])
  })

  it('copies only so many images at a time', async () => {
    const items = ['a:1', 'a:2', 'a:3', 'a:4', 'a:5'].map((name) => item('copy', name))
    expect((await ran(items, { concurrency: 2 })).most).toBe(2)
    expect((await ran(items, { concurrency: 4 })).most).toBe(4)
  })

  it('ends at the first failure if it is to fail fast', async () => {
    const settings = { failFast: true, concurrency: 1 }
    await expect(ran([item('copy', 'a:bad'), item('copy', 'a:2')], settings)).rejects.toMatchObject({
      code: 'NETWORK',
    })
    await expect(ran([item('delete', 'a:kept')], settings)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('of nothing is an empty report', async () => {
    expect((await ran([])).report).toMatchObject({ outcomes: [], bytes: { total: 0, copied: 0 } })
  })
})
