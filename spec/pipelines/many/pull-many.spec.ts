import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { Flow, Scope } from '../../../lib/flow/index.js'
import type { PulledImage } from '../../../lib/stages/index.js'
import { type NameToPull, pullMany } from '../../../pipelines/many/pull-many.js'
import { runForResult } from '../../../pipelines/run-for-result.js'

const image = { name: 'a', digest: 'sha256:1', status: 'newer', size: 5, config: 'a large config' }

/** Runs pulls that cost 10 ms and 4 of 6 bytes each. Those with “bad” in their name fail. */
async function reported(names: readonly NameToPull[], failFast = false, more: object = {}) {
  const scope = new Scope()
  const start = (name: string) => {
    const done = name.includes('bad')
      ? Promise.reject(new WindlassError('NETWORK', `no ${name}`, { retryable: true }))
      : Promise.resolve({ ...image, ...more, name } as unknown as PulledImage)
    done.catch(() => undefined)
    return {
      ...{ done, cancel: () => undefined, closed: () => Promise.resolve() },
      cost: () => ({ duration: 10, bytes: { total: 6, downloaded: 4 } }),
    }
  }
  try {
    return await runForResult(Flow.from(names).pipe(pullMany({ concurrency: 2, failFast, start })), scope)
  } finally {
    await scope.close()
  }
}

describe('the report of several pulls', () => {
  it('has the outcome of each name in order, without the config, and the sums', async () => {
    const { outcomes, ...sums } = await reported([{ name: 'a' }, { name: 'bad' }, { name: 'c' }])
    expect(outcomes).toMatchObject([
      { name: 'a', attempts: 1, duration: 10, image: { name: 'a', status: 'newer' } },
      { name: 'bad', attempts: 1, error: { code: 'NETWORK', retryable: true } },
      { name: 'c', attempts: 1, bytes: { total: 6, downloaded: 4 } },
    ])
    expect(sums).toMatchObject({ pulled: 2, failed: 1, retryable: 1, bytes: { total: 18, downloaded: 12 } })
    expect(JSON.stringify(outcomes)).not.toContain('a large config')
    expect(Object.keys((outcomes[0] as { image: object }).image)).not.toContain('signatures')
  })

  it('has the signatures that a policy accepted', async () => {
    const { outcomes } = await reported([{ name: 'a' }], false, { signatures: ['one'] })
    expect(outcomes).toMatchObject([{ image: { signatures: ['one'] } }])
  })

  it('of a retry adds what the attempts before have cost, but the size only once', async () => {
    const previous = {
      ...{ name: 'a', attempts: 2, duration: 100, bytes: { total: 5, downloaded: 3 } },
      error: new WindlassError('NETWORK', 'no a').toJSON(),
    }
    const { outcomes } = await reported([{ name: 'a', previous }])
    expect(outcomes).toMatchObject([{ attempts: 3, duration: 110, bytes: { total: 6, downloaded: 7 } }])
  })

  it('is an error if the first failure ends all', async () => {
    await expect(reported([{ name: 'bad' }, { name: 'c' }], true)).rejects.toMatchObject({ code: 'NETWORK' })
  })

  it('counts two equal names as two', async () => {
    expect(await reported([{ name: 'a' }, { name: 'a' }])).toMatchObject({ pulled: 2 })
  })
})
