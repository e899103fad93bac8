import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, stage } from '../../lib/flow/index.js'
import { runForResult } from '../../pipelines/run-for-result.js'

describe('runForResult', () => {
  it('returns the first element and leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    const scope = new Scope()
    expect(await runForResult(Flow.of(7), scope, signal)).toBe(7)
    await expect(runForResult(Flow.from<number>([]), scope, signal)).rejects.toMatchObject({
      code: 'INTERNAL',
    })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await scope.close()
  })

  it('rejects with CANCELLED when the signal has aborted or aborts during the run', async () => {
    const scope = new Scope()
    const never = stage(
      (_: number, { signal }) =>
        new Promise<number>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    await expect(runForResult(Flow.of(7).pipe(never), scope, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    const stop = new AbortController()
    const working = runForResult(Flow.of(7).pipe(never), scope, stop.signal)
    stop.abort()
    await expect(working).rejects.toMatchObject({ code: 'CANCELLED' })
    await scope.close()
  })
})
