/** Sets of pulls: their pauses and priorities, and what a late subscriber sees. */
import { getEventListeners } from 'node:events'
import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { Flow } from '../../lib/flow/index.js'
import { buildIndex, putImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import type { Pull, PullSet, Windlass } from '../../puller/index.js'
import { PullSetRun } from '../../puller/pull-set.js'
import { largeImage, until, wanted } from '../support/watching.js'
import { Workbench } from '../support/workbench.js'

const bench = new Workbench()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const tags = ['1', '2', '3']

async function repository(size = 60_000, bytesPerSecond = 150_000): Promise<TestRegistry> {
  const registry = await bench.registry({ bytesPerSecond })
  for (const tag of tags) await putImage(registry, 'team/app', tag, largeImage(size))
  await putImage(registry, 'team/app', 'all', buildIndex([largeImage(size)]))
  return registry
}

function pullsOf(set: PullSet<unknown>): { readonly name: string; readonly pull: Pull }[] {
  const pulls: { name: string; pull: Pull }[] = []
  set.each.subscribe((started) => pulls.push(started))
  return pulls
}

const blobs = ({ requests }: TestRegistry) => requests.filter(({ kind }) => kind === 'blob')

/** Each kind of set, of images of one repository. */
const sets: readonly [
  name: string,
  start: (windlass: Windlass, registry: TestRegistry) => PullSet<unknown>,
][] = [
  [
    'of a list',
    (windlass, { host }) =>
      windlass.pullMany(
        tags.map((tag) => `${host}/team/app:${tag}`),
        wanted,
      ),
  ],
  ['of all tags', (windlass, { host }) => windlass.pullAllTags(`${host}/team/app`, wanted)],
  ['of all platforms', (windlass, { host }) => windlass.pullAllPlatforms(`${host}/team/app:all`)],
]

describe.each(sets)('a paused set %s', (_kind, start) => {
  it('receives nothing any more, starts nothing that would, and goes on when it is resumed', async () => {
    const registry = await repository()
    const set = start(await bench.puller(), registry)
    const pulls = pullsOf(set)
    await until(() => blobs(registry).length > 0)
    set.pause()
    set.pause()
    await sleep(250)
    const [sent, requests] = [registry.bytesSent, registry.requests.length]
    await sleep(500)
    expect([registry.bytesSent, registry.requests.length]).toEqual([sent, requests])
    expect(pulls.length).toBeLessThan(3)
    set.resume()
    await set.done
    await set.closed()
  })

  it('requests no blob while it is paused from its start, and holds no slot', async () => {
    const registry = await repository()
    const windlass = await bench.puller({ maxDownloads: 1, maxUnpacks: 1 })
    const set = start(windlass, registry)
    set.pause()
    await sleep(150)
    expect(blobs(registry)).toEqual([])
    const other = await bench.registry()
    await putImage(other, 'team/other', '1', largeImage(10_000))
    await windlass.pull(`${other.host}/team/other:1`, wanted).done
    expect(blobs(registry)).toEqual([])
    set.cancel()
    await expect(set.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await set.closed({ within: 2_000 })
  })

  it('gives its priority to its pulls, also to those that start later', async () => {
    const registry = await repository(1_000, Infinity)
    const set = start(await bench.puller(), registry)
    expect(set.priority).toBe(0)
    set.priority = 2
    const pulls = pullsOf(set)
    await until(() => pulls.length > 0)
    expect(pulls[0]!.pull.priority).toBe(2)
    set.priority = 3
    expect(pulls[0]!.pull.priority).toBe(3)
    await set.done
    expect(pulls.map(({ pull }) => pull.priority).slice(2)).toEqual(pulls.slice(2).map(() => 3))
    expect(() => (set.priority = Infinity)).toThrow('priority of a set')
  })
})

/** A pull that ends when `end` is called. */
function controlled() {
  let end = (): void => undefined
  const done = new Promise<void>((resolve) => (end = resolve))
  const pull = { done, closed: () => done, cancel: () => undefined } as unknown as Pull
  return { pull, end }
}

describe('a set of pulls', () => {
  it('shows the running pulls to a late subscriber, and not those that have ended', async () => {
    const [first, second] = [controlled(), controlled()]
    const set = new PullSetRun<string>({
      signal: undefined,
      prepare: async (announce) => {
        const running = [first, second].map(({ pull }, at) => announce({ name: String(at), pull }))
        for (const each of running) await each.done.then(() => each.closed())
        return Flow.of('result')
      },
    })
    const names = async (): Promise<string[]> =>
      (await lastValueFrom(set.each.pipe(toArray()))).map(({ name }) => name)
    const fromStart = names()
    first.end()
    await first.pull.closed()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const afterFirst = names()
    second.end()
    expect(await set.done).toBe('result')
    expect(await Promise.all([fromStart, afterFirst, names()])).toEqual([['0', '1'], ['1'], []])
    await set.closed()
  })

  const setOf = (more: Partial<ConstructorParameters<typeof PullSetRun<string>>[0]> = {}) =>
    new PullSetRun<string>({ signal: undefined, prepare: () => Promise.resolve(Flow.of('result')), ...more })

  it('goes on if a listener throws, and tells the others', async () => {
    const { pull, end } = controlled()
    const set = setOf({
      prepare: async (announce) => {
        await Promise.resolve()
        announce({ name: 'one', pull })
        end()
        return Flow.of('result')
      },
    })
    const names: string[] = []
    set.each.subscribe(() => {
      throw new Error('a bug of the listener')
    })
    set.each.subscribe(({ name }) => names.push(name))
    const left: string[] = []
    set.each.subscribe(({ name }) => left.push(name)).unsubscribe()
    expect(await set.done).toBe('result')
    expect([names, left]).toEqual([['one'], []])
    await set.closed()
  })

  it('releases what its pulls share once, when all has ended, and leaves no listener on its signal', async () => {
    const { signal } = new AbortController()
    const release = vi.fn()
    const set = setOf({ signal, release })
    expect(getEventListeners(signal, 'abort').length).toBe(1)
    await set.done
    expect(release).not.toHaveBeenCalled()
    await Promise.all([set.closed(), set.closed({ within: 5_000 })])
    expect([release.mock.calls.length, getEventListeners(signal, 'abort').length]).toEqual([1, 0])
  })

  it('is cancelled by its signal, before it starts and while its names are read', async () => {
    const cancelled = { code: 'CANCELLED', message: 'The sync was cancelled' }
    const aborted = setOf({ signal: AbortSignal.abort(), what: 'sync' })
    await expect(aborted.done).rejects.toMatchObject(cancelled)
    const stop = new AbortController()
    const set = setOf({
      ...{ signal: stop.signal, what: 'sync' },
      prepare: (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('the request was aborted'))),
        ),
    })
    expect(set.running).toEqual(['opening the store'])
    stop.abort()
    await expect(set.done).rejects.toMatchObject(cancelled)
    await Promise.all([aborted.closed(), set.closed()])
  })

  it('pauses and resumes its pulls once, also those that start later', async () => {
    const calls: string[] = []
    const pausable = (name: string) => {
      const { pull, end } = controlled()
      const note = (what: string) => () => void calls.push(`${what} ${name}`)
      return { pull: Object.assign(pull, { pause: note('pause'), resume: note('resume') }), end }
    }
    const [first, second] = [pausable('first'), pausable('second')]
    let startSecond = (): void => undefined
    const set = setOf({
      prepare: async (announce) => {
        const one = announce({ name: 'first', pull: first.pull })
        await new Promise<void>((resolve) => (startSecond = resolve))
        announce({ name: 'second', pull: second.pull })
        first.end()
        await one.closed()
        second.end()
        return Flow.of('result')
      },
    })
    set.resume()
    set.pause()
    set.pause()
    startSecond()
    await set.done
    set.resume()
    set.resume()
    expect(calls).toEqual(['pause first', 'pause second', 'resume second'])
    await set.closed()
  })
})
