import { describe, expect, it } from 'vitest'
import { costOfPage } from '../../../benchmarks/page/cost-of-page.js'

/** An event of the page's thread. Times are microseconds; half of each is the processor's. */
const event = (name: string, ts: number, dur: number, tid = 1) => ({
  ...{ name, ph: 'X', pid: 7, tid, ts, dur, tdur: dur / 2 },
})
const thread = (tid: number) => ({
  ...{ name: 'thread_name', ph: 'M', pid: 7, tid, ts: 0, args: { name: 'CrRendererMain' } },
})
const trace = (...traceEvents: readonly object[]): Buffer => Buffer.from(JSON.stringify({ traceEvents }))

describe('the cost of a page', () => {
  it('is the processor time of the thread that draws, each event in the outermost part only', () => {
    const cost = costOfPage(
      trace(
        ...[thread(1), thread(2), event('RunTask', 0, 10_000), event('FireAnimationFrame', 0, 6_000)],
        ...[event('Layout', 1_000, 2_000), event('UpdateLayoutTree', 6_000, 1_000)],
        ...[event('Layout', 7_000, 2_000), event('Paint', 9_000, 600)],
        ...[event('RunTask', 20_000, 4_000), event('FunctionCall', 20_000, 4_000)],
        event('FunctionCall', 0, 50_000, 2),
      ),
    )
    expect(cost).toEqual({ updates: 1, script: 5, style: 0.5, layout: 1, paint: 0.3, all: 7 })
  })

  it('is unknown if nothing was drawn', () => {
    expect(() => costOfPage(trace(thread(1), event('RunTask', 0, 1)))).toThrow('no animation frame')
  })
})
