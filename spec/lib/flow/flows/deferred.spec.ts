import { describe, expect, it } from 'vitest'
import { Deferred, ProtocolError } from '../../../../lib/flow/index.js'

const deferred = (): Deferred<number> =>
  new Deferred({ name: 'the answer', hint: 'The stage "think" produces it.' })

describe('Deferred', () => {
  it('resolves when it is settled', async () => {
    const answer = deferred()
    answer.begin()
    let seen: number | undefined
    const waiting = answer.value.then((value) => (seen = value))
    await Promise.resolve()
    expect(seen).toBeUndefined()
    answer.settle(42)
    await waiting
    expect(seen).toBe(42)
  })

  it('lets consumers await it at any time if no producer is stated', async () => {
    const answer = new Deferred<number>()
    const waiting = answer.value
    answer.settle(7)
    expect(await waiting).toBe(7)
  })

  it('keeps the first value', async () => {
    const answer = deferred()
    answer.settle(1)
    answer.settle(2)
    expect(await answer.value).toBe(1)
  })

  it('fails a consumer that awaits it before it is produced, and says which stage produces it', async () => {
    const answer = deferred()
    await expect(answer.value).rejects.toThrow(ProtocolError)
    await expect(answer.value).rejects.toThrow(
      'the answer: awaited before a stage produces it. The stage "think" produces it.',
    )
    answer.settle(3)
    expect(await answer.value).toBe(3)
  })
})
