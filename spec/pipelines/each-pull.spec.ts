/** Many pulls as one: what is waited for, and what is ended, where one of them fails or all are to end. */
import { lastValueFrom, toArray as collected } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, run } from '../../lib/flow/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import { eachPull } from '../../pipelines/each-pull.js'
import { listenedTo } from '../support/listened-to.js'

const settled = () => new Promise((resolve) => setTimeout(resolve, 10))

/** Pulls that end when they are told to; `log` has what was done with them. */
function scene() {
  const log: string[] = []
  const ends = new Map<string, { resolve: (image: PulledImage) => void; reject: (error: unknown) => void }>()
  let close: () => void = () => undefined
  const cleared = new Promise<void>((resolve) => (close = resolve))
  const start = (name: string) => {
    log.push(`start ${name}`)
    const done = new Promise<PulledImage>((resolve, reject) => ends.set(name, { resolve, reject }))
    done.catch(() => undefined)
    return {
      done,
      cancel: (reason: unknown) => {
        log.push(`cancel ${name}`)
        ends.get(name)!.reject(reason ?? new Error('cancelled'))
      },
      closed: async () => {
        await cleared
        log.push(`closed ${name}`)
      },
    }
  }
  const line = eachPull<string, string>({
    start,
    pulled: (_, name) => `pulled ${name}`,
    failed: (_, name) => {
      log.push(`failed ${name}`)
      return `failed ${name}`
    },
  })
  return { log, ends, close: () => close(), line }
}

describe('several pulls', () => {
  it('give each its result once it is cleared away', async () => {
    const { ends, close, line } = scene()
    const results: string[] = []
    const scope = new Scope()
    const all = lastValueFrom(Flow.from(['a', 'b']).pipe(line).toObservable(scope).pipe(collected()))
    void all.then((each) => results.push(...each))
    await settled()
    ends.get('a')!.resolve({} as PulledImage)
    ends.get('b')!.reject(new Error('no'))
    await settled()
    expect(results).toEqual([])
    close()
    expect(await all).toEqual(['pulled a', 'failed b'])
    await scope.close()
  })

  it('are all ended where all are to end, which is no failure of theirs', async () => {
    const { log, close, line } = scene()
    const scope = new Scope()
    const running = run(Flow.from(['a', 'b']).pipe(line), () => [], scope)
    running.done.catch(() => undefined)
    await settled()
    running.cancel(new Error('enough'))
    close()
    await expect(running.done).rejects.toThrow()
    await scope.close()
    expect(log.sort()).toEqual(['cancel a', 'cancel b', 'closed a', 'closed b', 'start a', 'start b'])
  })

  it('leave no listener behind', async () => {
    const { ends, close, line } = scene()
    const scope = new Scope()
    const listeners = listenedTo()
    const all = lastValueFrom(Flow.of('a').pipe(line).toObservable(scope))
    await settled()
    expect(listeners()).toBeGreaterThan(0)
    ends.get('a')!.resolve({} as PulledImage)
    close()
    await all
    expect(listeners()).toBe(0)
    await scope.close()
  })
})
