import { describe, expect, it, vi } from 'vitest'
import { defaultLimits } from '../../../lib/limits.js'
import { documentRetryPolicy } from '../../../lib/transfer/index.js'
import type { SyncItem } from '../../../pipelines/index.js'
import type { RunningOperation } from '../../../puller/running-operation.js'
import { SyncOperations } from '../../../puller/sync/sync-operations.js'

const digest = `sha256:${'1'.repeat(64)}` as const
const item = (from: string, more: Partial<SyncItem> = {}): SyncItem => ({
  ...{ action: 'copy', line: 1, from, to: 't.example/app:1', allPlatforms: true, referrers: false },
  ...{ digest: digest as SyncItem['digest'] & string, ...more },
})

/** Operations whose copies succeed at once, and whose registries answer nothing. */
function operations() {
  const registered: RunningOperation[] = []
  const image = { bytes: { total: 1, copied: 1 } }
  const copy = vi.fn<(from: string, to: string, options: object) => object>(() => ({
    ...{ done: Promise.resolve(image), closed: () => Promise.resolve(), cancel: vi.fn(), running: [] },
  }))
  const repository = {
    host: 's.example',
    async *tags({ signal }: { readonly signal: AbortSignal }) {
      signal.throwIfAborted()
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
      yield []
    },
  }
  const syncs = new SyncOperations({
    ...{ limits: defaultLimits, retry: documentRetryPolicy, assertOpen: () => undefined },
    registries: { repository: () => repository } as never,
    work: { register: (each: RunningOperation) => (registered.push(each), each) } as never,
    copy: copy as never,
  })
  return { syncs, copy, registered }
}

describe('a sync', () => {
  it('copies what the plan found, by its digest, unless the name says it or a layout has no other name', async () => {
    const { syncs, copy, registered } = operations()
    const items = [
      item('s.example/app:1'),
      item(`s.example/app@${digest}`),
      item('oci:/layout:app'),
      item('s.example/app:2', { allPlatforms: false, platform: 'linux/arm64', referrers: true }),
      item('s.example/app:3', { platform: 'linux/arm64' }),
    ]
    const set = syncs.run({ items }, {})
    expect(registered).toEqual([set])
    expect((await set.done).counts).toMatchObject({ copied: 5 })
    const all = { referrers: false, allPlatforms: true }
    expect(copy.mock.calls.map(([from, , options]) => [from, options])).toEqual([
      [`s.example/app:1@${digest}`, all],
      [`s.example/app@${digest}`, all],
      ['oci:/layout:app', all],
      [`s.example/app:2@${digest}`, { referrers: true, allPlatforms: false, platform: 'linux/arm64' }],
      [`s.example/app:3@${digest}`, all],
    ])
    await set.closed()
  })

  it('is cancelled by its signal, and says that it was a sync', async () => {
    const { syncs } = operations()
    const set = syncs.run({ items: [item('s.example/app:1')] }, { signal: AbortSignal.abort() })
    await expect(set.done).rejects.toMatchObject({ code: 'CANCELLED', message: 'The sync was cancelled' })
    expect(() => syncs.run({ items: [] }, { concurrency: 0 })).toThrow('concurrency of sync')
  })
})

describe('the plan of a sync', () => {
  const entry = {
    ...{ kind: 'repository', line: 1, source: 's.example/app', target: 't.example/app' },
    ...{ filters: {}, allPlatforms: true, referrers: false, fastCheck: false },
  }

  it('is registered, and ends when its puller is closed or its signal aborts', async () => {
    for (const end of ['close', 'signal']) {
      const { syncs, registered } = operations()
      const stop = new AbortController()
      const planned = expect(
        syncs.plan({ entries: [entry as never] }, { signal: stop.signal }),
      ).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(registered.map(({ running }) => running)).toEqual([['planning a sync']])
      if (end === 'close') registered[0]!.cancel()
      else stop.abort()
      await planned
      await registered[0]!.closed()
    }
  })

  it('has known options only', () => {
    expect(() => operations().syncs.plan({ entries: [] }, { deletes: true } as never)).toThrow('planSync')
  })
})
