import { map, timer } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, lift, stage } from '../../../lib/flow/index.js'
import { flowMarbles, sinkProbe, sourceProbe } from '../../../lib/testing/probes.js'

const fails = (body: () => unknown): Promise<unknown> =>
  expect((async () => body())()).rejects.toMatchObject({ code: 'ERR_ASSERTION' })

describe('sourceProbe and sinkProbe', () => {
  it('control a pipeline step by step', async () => {
    const source = sourceProbe<number>()
    const sink = sinkProbe(source.flow.pipe(stage((each: number) => [each * 2], { slots: 2 })))
    source.expectRequest(0)
    sink.request(1)
    source.expectRequest(2)
    source.send(1, 2)
    await sink.expect(2)
    await sink.expectNothing()
    source.expectRequest(1)
    sink.request(2)
    await sink.expect(4)
    source.end()
    await sink.expectEnd()
    source.expectReleased()
  })

  it('match an error by its code or name', async () => {
    const source = sourceProbe<number>()
    const sink = sinkProbe(source.flow)
    sink.request(1)
    source.fail(Object.assign(new Error('no'), { code: 'NETWORK' }))
    await sink.expectError('NETWORK')
    const other = sinkProbe(Flow.of(1).pipe(stage(() => Promise.reject(new TypeError('no')))))
    other.request(1)
    expect(await other.expectError('TypeError')).toBeInstanceOf(TypeError)
  })

  it('detect that a reader has unsubscribed', () => {
    const source = sourceProbe<number>()
    const sink = sinkProbe(source.flow)
    sink.leave()
    source.expectReleased()
  })

  it('fail if an expectation is not met', async () => {
    const quick = { timeout: 5, quiet: 1 }
    const source = sourceProbe<number>()
    await fails(() => source.expectReleased())
    await fails(() => source.send(1))
    const sink = sinkProbe(source.flow, quick)
    await fails(() => source.expectRequest(1))
    await fails(() => source.expectReleased())
    await fails(() => sink.expect(1))
    sink.request(3)
    source.send(1, 2, 3)
    await fails(() => sink.expectNothing())
    await fails(() => sink.expect(2))
    await fails(() => sink.expectEnd())
    await fails(() => sink.expectError())
    source.fail(new Error('no'))
    await expect(sink.expect(4)).rejects.toThrow('no')
  })
})

describe('flowMarbles', () => {
  const slow = stage((each: string) => timer(2).pipe(map(() => each)), { slots: 2 })

  it('expresses demand as a diagram', () => {
    flowMarbles(({ demand, expectFlow }) => {
      expectFlow(Flow.from('abcde'), demand('-1--2-----*')).toBe('-a--(bc)--(de|)')
    })
  })

  it('supports flows with timers, and errors', () => {
    flowMarbles(({ demand, cold, expectFlow }) => {
      expectFlow(cold('a-b-|').pipe(slow), demand('*')).toBe('--a-(b|)')
      expectFlow(
        cold('a-#', undefined, 'no').pipe(lift(map((each) => each.toUpperCase()))),
        demand('*'),
      ).toBe('A-#', undefined, 'no')
    })
  })

  it('fails if the output differs from the diagram', async () => {
    await fails(() =>
      flowMarbles(({ demand, expectFlow }) => {
        expectFlow(Flow.from('ab'), demand('1')).toBe('(ab)')
      }),
    )
  })
})
