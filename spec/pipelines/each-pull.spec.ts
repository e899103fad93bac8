/** Tests `eachPull`: results, failures and cancellation. */
import { lastValueFrom, toArray as collected } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, run } from '../../lib/flow/index.js'
import type { PulledImage } from '../../lib/stages/index.js'
import { eachPull } from '../../pipelines/each-pull.js'
import { listenedTo } from '../support/listened-to.js'

const settled = () => new Promise((resolve) => setTimeout(resolve, 10))

/** Returns a pipeline whose pulls the test ends, and a log of the calls. */
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
    mapImage: (_, name) => `pulled ${name}`,
    mapError: (_, name) => {
      log.push(`failed ${name}`)
      return `failed ${name}`
    },
  })
  return { log, ends, close: () => close(), line }
}

describe('eachPull', () => {
  it('emits each result after its pull has closed', async () => {
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

  it('cancels all pulls when it is cancelled, without calling mapError', async () => {
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

  it('leaves no listener on the signal', async () => {
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
