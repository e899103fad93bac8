import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { Flow } from '../../../lib/flow/index.js'
import { ControlledRun } from '../../../puller/control/controlled-run.js'

interface Control {
  readonly paused: boolean
  readonly priority: number
}

/** A copy that goes on when `release` is called. */
function copy() {
  let release = (): void => undefined
  const waiting = new Promise<void>((resolve) => (release = resolve))
  const prepare = vi.fn<(control: Control) => Promise<Flow<string>>>(() =>
    waiting.then(() => Flow.of('copied')),
  )
  const run = new ControlledRun<string>({ what: 'copy', start: undefined, signal: undefined, prepare })
  const events = lastValueFrom(run.events.pipe(toArray()))
  const types = async (): Promise<string[]> => (await events).map(({ type }) => type)
  return { run, release, types, control: () => prepare.mock.calls[0]![0] }
}

describe('a running copy', () => {
  it('is paused and resumed once, however often that is asked for', async () => {
    const { run, release, types, control } = copy()
    run.pause()
    run.pause()
    expect(control().paused).toBe(true)
    run.resume()
    run.resume()
    expect(control().paused).toBe(false)
    release()
    expect(await run.done).toBe('copied')
    expect(await types()).toEqual(['paused', 'resumed', 'end'])
    await run.closed()
  })

  it('cannot be paused when it has ended, in success or failure', async () => {
    for (const end of ['release', 'cancel'] as const) {
      const { run, release, types, control } = copy()
      if (end === 'release') release()
      else run.cancel()
      await run.done.catch(() => undefined)
      run.pause()
      expect(control().paused).toBe(false)
      expect(await types()).toEqual(['end'])
      await run.closed()
    }
  })

  it('passes its priority on, and takes finite numbers only', async () => {
    const { run, release, control } = copy()
    expect(run.priority).toBe(0)
    run.priority = -2
    expect([run.priority, control().priority]).toEqual([-2, -2])
    for (const wrong of [NaN, Infinity, '1'])
      expect(() => (run.priority = wrong as number)).toThrow(/priority of a copy must be a finite number/)
    release()
    await run.closed()
  })
})
