import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, stage } from '../../lib/flow/index.js'
import { only } from '../../pipelines/only.js'

describe('work of one result', () => {
  it('gives it, and leaves no listener at its signal', async () => {
    const { signal } = new AbortController()
    const scope = new Scope()
    expect(await only(Flow.of(7), scope, signal)).toBe(7)
    await expect(only(Flow.from<number>([]), scope, signal)).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await scope.close()
  })

  it('does not end where it was cancelled before, or is cancelled on the way', async () => {
    const scope = new Scope()
    const never = stage(
      (_: number, { signal }) =>
        new Promise<number>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    await expect(only(Flow.of(7).pipe(never), scope, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    const stop = new AbortController()
    const working = only(Flow.of(7).pipe(never), scope, stop.signal)
    stop.abort()
    await expect(working).rejects.toMatchObject({ code: 'CANCELLED' })
    await scope.close()
  })
})
