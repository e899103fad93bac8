/** Tests the handle of a running pull: events, result and cancellation. */
import { getEventListeners } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import type { PullEvent } from '../../lib/events/index.js'
import { Flow } from '../../lib/flow/index.js'
import { type PullTurn, pullStage } from '../../lib/stages/pull-stage.js'
import { PullRun, type PullStart } from '../../puller/pull-run.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

const bench = new Workbench()

async function served(
  names = ['base', 'app'],
): Promise<{ registry: TestRegistry; name: string; layers: string[] }> {
  const registry = await bench.registry()
  const image = imageOf(names)
  await putImage(registry, 'team/app', '1', image)
  return { registry, name: `${registry.host}/team/app:1`, layers: image.layers.map(({ digest }) => digest) }
}

const staged = async (store: string): Promise<string[]> => readdir(join(store, 'staging')).catch(() => [])

describe('a pull', () => {
  it('emits events from start to end, numbered without gaps, with exactly one end', async () => {
    const { name } = await served()
    const puller = await bench.puller()
    const pull = puller.pull(name)
    const events = await lastValueFrom(pull.events.pipe(toArray()))
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1))
    expect(events[0]).toMatchObject({ type: 'start', reference: name })
    expect(events.filter(({ type }) => type === 'end')).toMatchObject([{ outcome: 'done' }])
    expect(events.at(-2)).toMatchObject({ type: 'image', status: 'newer' })
    await pull.closed()
  })

  it('reports a limitation of the machine once, and other warnings each time', async () => {
    const warn = (turn: PullTurn, code: string, layer: number): void =>
      turn.emit({ type: 'warning', code, message: `layer ${layer}` })
    const warnings = pullStage((layer: number, turn) => {
      warn(turn, 'OWNER_SKIPPED', layer)
      warn(turn, 'WHITEOUT_CONTENT', layer)
      return layer
    })
    const prepare = () => Promise.resolve(Flow.of(1, 2).pipe(warnings))
    const run = new PullRun<number>({ what: 'pull', start: undefined, signal: undefined, prepare })
    const events = await lastValueFrom(run.events.pipe(toArray()))
    await run.closed()
    expect(
      events.flatMap((event) => (event.type === 'warning' ? `${event.code} ${event.message}` : [])),
    ).toEqual(['OWNER_SKIPPED layer 1', 'WHITEOUT_CONTENT layer 1', 'WHITEOUT_CONTENT layer 2'])
  })

  it('emits its final state to a late subscriber', async () => {
    const { name, layers } = await served()
    const pull = (await bench.puller()).pull(name)
    await pull.done
    const late = await lastValueFrom(pull.events.pipe(toArray()))
    const complete = (event: PullEvent): boolean => event.type === 'layer' && event.status === 'complete'
    expect(late.filter(complete)).toHaveLength(layers.length)
    expect(late.at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
  })

  it('ends with CANCELLED immediately when cancelled, and leaves no staged files and no name', async () => {
    const { registry, name } = await served()
    registry.addFault(faults.stall(10, { kind: 'blob' }))
    const puller = await bench.puller()
    const pull = puller.pull(name)
    await new Promise<void>((resolve) => {
      pull.events.subscribe((event) => {
        if (event.type === 'layer' && event.status === 'downloading') resolve()
      })
    })
    pull.cancel()
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 })
    await pull.closed()
    expect(await lastValueFrom(pull.events)).toMatchObject({ type: 'end', outcome: 'cancelled' })
    expect(await puller.images()).toEqual([])
    await puller.close()
    expect(await staged(puller.store)).toEqual([])
  })

  it('does not start if its signal has already aborted', async () => {
    const { registry, name } = await served()
    const pull = (await bench.puller()).pull(name, { signal: AbortSignal.abort() })
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await pull.closed()
    expect(registry.requests).toEqual([])
  })

  it('ends when its puller is closed; closing waits until it has released its resources', async () => {
    const { registry, name } = await served()
    registry.addFault(faults.stall(10, { kind: 'blob' }))
    const puller = await bench.puller()
    const pull = puller.pull(name)
    pull.done.catch(() => undefined)
    await puller.close()
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await staged(puller.store)).toEqual([])
    expect(() => puller.pull(name)).toThrow('closed')
  })

  it('a subscriber that throws affects neither the pull nor other subscribers', async () => {
    const { name } = await served()
    const pull = (await bench.puller()).pull(name)
    pull.events.subscribe(() => {
      throw new Error('a bug of the listener')
    })
    const [events] = await Promise.all([lastValueFrom(pull.events.pipe(toArray())), pull.done])
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ code: 'listener-failed' }])
  })

  it('reports the invalid layer and the entry that is invalid', async () => {
    const registry = await bench.registry()
    const bad = imageOf(['fine'], {})
    await putImage(registry, 'team/bad', '1', bad)
    registry.addFault(faults.wrongByte(30, { kind: 'blob', reference: bad.layers[0]!.digest, times: 9 }))
    const pull = (await bench.puller()).pull(`${registry.host}/team/bad:1`)
    await expect(pull.done).rejects.toMatchObject({ exitCode: 5 })
    await expect(pull.done).rejects.toThrow(bad.layers[0]!.digest)
  })
})

describe('a run of one flow', () => {
  const start = { type: 'start', reference: 'app', platform: 'linux/amd64' } as const
  const runOf = (prepare: PullStart<string>['prepare'], more: Partial<PullStart<string>> = {}) =>
    new PullRun<string>({ what: 'copy', start, signal: undefined, prepare, ...more })
  const done = () => Promise.resolve(Flow.of('done'))

  it('releases what it used once, after its end, whether it succeeds or fails', async () => {
    for (const prepare of [done, () => Promise.reject(new Error('a bug'))]) {
      const release = vi.fn()
      const run = runOf(prepare, { release })
      await run.done.catch(() => undefined)
      await Promise.all([run.closed(), run.closed({ within: 5_000 })])
      expect(release).toHaveBeenCalledTimes(1)
    }
  })

  it('leaves no listener on its signal', async () => {
    const { signal } = new AbortController()
    const run = runOf(done, { signal })
    expect(getEventListeners(signal, 'abort').length).toBe(1)
    await run.closed()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends at once when it is cancelled during its preparation, which sees that, and names what is open', async () => {
    let seen: AbortSignal | undefined
    const run = runOf(({ signal }) => {
      seen = signal
      return new Promise(() => undefined)
    })
    expect(run.running).toEqual(['opening the store'])
    run.cancel('enough')
    await expect(run.done).rejects.toMatchObject({ code: 'CANCELLED', message: 'The copy was cancelled' })
    expect(seen!.reason).toBe('enough')
    await run.closed({ within: 5_000 })
  })

  it('fails if it ends without a result, and says which stage failed with an error of its own', async () => {
    const empty = runOf(() => Promise.resolve(Flow.of<string>()))
    await expect(empty.done).rejects.toMatchObject({
      ...{ code: 'STAGE_FAILED', message: 'The copy ended without a result' },
    })
    const bug = new TypeError('a bug')
    const failing = pullStage<string, string>(() => Promise.reject(bug), { name: 'mine' })
    const failed = runOf(() => Promise.resolve(Flow.of('a').pipe(failing)))
    await expect(failed.done).rejects.toMatchObject({
      ...{ code: 'STAGE_FAILED', message: 'The stage "mine" failed: a bug', cause: bug },
    })
    await Promise.all([empty.closed(), failed.closed()])
  })

  it('reports its requests only if that is asked for', async () => {
    const request = { type: 'request', method: 'GET', url: 'http://r', host: 'r', purpose: 'blob' }
    const asking = pullStage((each: string, turn) => {
      turn.emit(request as never)
      return each
    })
    const types = async (requestEvents: boolean): Promise<string[]> => {
      const run = runOf(() => Promise.resolve(Flow.of('a').pipe(asking)), { requestEvents })
      const events = lastValueFrom(run.events.pipe(toArray()))
      await run.closed()
      return (await events).map(({ type }) => type)
    }
    expect(await types(false)).toEqual(['start', 'end'])
    expect(await types(true)).toEqual(['start', 'request', 'end'])
  })

  it('has known options only', async () => {
    const run = runOf(done)
    await expect(run.closed({ within: -1 })).rejects.toMatchObject({ code: 'USAGE' })
    await run.closed()
  })
})
