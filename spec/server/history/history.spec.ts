import { appendFile, chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { PastPull } from '../../../lib/api/shapes.js'
import { FileLock } from '../../../lib/store/locks/file-lock.js'
import { History, historySize } from '../../../server/history/history.js'
import { Workbench } from '../../support/workbench.js'

const bench = new Workbench()
const none = { network: 0, unpacking: 0, limit: 0, registry: 0 }

const past = (id: string, endedAt: number, state: PastPull['state'] = 'done'): PastPull => ({
  ...{ id, order: { image: id }, state, startedAt: endedAt - 1, endedAt, size: 1, fetched: 1, held: none },
})
const started = (id: string, startedAt = 1) => ({ id, order: { image: id }, startedAt })

const warnings: string[] = []
const open = (store: string, run: string): Promise<History> =>
  History.open(store, run, (message) => warnings.push(message))

/** Releases the locks of a history as the kernel does when its process dies: nothing is written. */
const die = (history: History): Promise<void> => history.close()
const ids = (pulls: readonly PastPull[]): string[] => pulls.map(({ id, state }) => `${id} ${state}`)

describe('the history of a store', () => {
  it('keeps ended pulls for the next server, latest first', async () => {
    const store = bench.path()
    const first = await open(store, 'one')
    for (const [id, at] of [
      ['a', 5],
      ['b', 9],
      ['c', 7],
    ] as const) {
      first.started(started(id))
      first.ended(past(id, at))
    }
    await first.close()
    const second = await open(store, 'two')
    expect(ids(second.past)).toEqual(['b done', 'c done', 'a done'])
    expect(await readdir(join(store, 'history'))).toEqual(['two.jsonl', 'two.lock'])
    await second.close()
  })

  it('lists what was interrupted until it is settled', async () => {
    const store = bench.path()
    const first = await open(store, 'one')
    first.started(started('a', 10))
    first.started(started('b', 20))
    await die(first)
    const second = await open(store, 'two')
    expect(ids(second.interrupted)).toEqual(['a interrupted', 'b interrupted'])
    second.settle('a')
    expect(ids(second.interrupted)).toEqual(['b interrupted'])
    await die(second)
    const third = await open(store, 'three')
    expect(ids(third.interrupted)).toEqual(['b interrupted'])
    expect(ids(third.past)).toEqual(['b interrupted', 'a interrupted'])
    await die(third)
    const fourth = await open(store, 'four')
    expect(ids(fourth.interrupted)).toEqual(['b interrupted'])
    await fourth.close()
  })

  it('of a server that runs is read and not taken over', async () => {
    const store = bench.path()
    const first = await open(store, 'one')
    first.started(started('runs'))
    first.started(started('ended'))
    first.ended(past('ended', 5))
    await expect.poll(() => readFile(join(store, 'history/one.jsonl'), 'utf8')).toContain('"end"')
    const second = await open(store, 'two')
    expect(ids(second.past)).toEqual(['ended done'])
    first.ended(past('runs', 6))
    await Promise.all([first.close(), second.close()])
    const third = await open(store, 'three')
    expect(ids(third.past)).toEqual(['runs done', 'ended done'])
    await third.close()
  })

  it('skips lines that are torn, of another form, or no text', async () => {
    const store = bench.path()
    const directory = join(store, 'history')
    await mkdir(directory, { recursive: true })
    const line = JSON.stringify({ type: 'end', pull: past('a', 5) })
    const interrupted = JSON.stringify({ type: 'start', ...started('b') })
    for (let cut = 0; cut < interrupted.length; cut += 7) {
      const text = `${line.slice(0, 40)}\n\n[]\nnull\n{"type":"end"}\n\xff\0\n${line}\n${interrupted.slice(0, cut)}`
      await writeFile(join(directory, `cut-${cut}.jsonl`), text, 'latin1')
    }
    await writeFile(join(directory, 'whole.jsonl'), `${interrupted}\n`)
    await writeFile(join(directory, 'other.txt'), line)
    const history = await open(store, 'one')
    expect(ids(history.past)).toEqual(['a done', 'b interrupted'])
    await history.close()
  })

  it('has at most a thousand pulls, in a file that does not grow for ever', async () => {
    const store = bench.path()
    const history = await open(store, 'one')
    for (let at = 1; at <= 4 * historySize; at++) history.ended(past(`pull-${at}`, at))
    expect(history.past).toHaveLength(historySize)
    expect(history.past[0]!.id).toBe(`pull-${4 * historySize}`)
    await history.close()
    const lines = (await readFile(join(store, 'history/one.jsonl'), 'utf8')).split('\n')
    expect(lines.length).toBeLessThan(3 * historySize)
    const next = await open(store, 'two')
    expect(next.past).toHaveLength(historySize)
    await next.close()
  })

  it('begins a new line after one that could not be written', async () => {
    const store = bench.path()
    const history = await open(store, 'one')
    const file = join(store, 'history/one.jsonl')
    const { rename } = await import('node:fs/promises')
    // A write that fails may have written a part.
    await rename(file, `${file}.aside`)
    await mkdir(file)
    history.ended(past('lost', 1))
    await expect.poll(() => warnings.at(-1)).toContain('Failed to write the history')
    await rm(file, { recursive: true })
    await rename(`${file}.aside`, file)
    await appendFile(file, '{"type":"end","pu')
    history.ended(past('kept', 2))
    await history.close()
    const next = await open(store, 'two')
    expect(ids(next.past)).toEqual(['kept done'])
    await next.close()
  })

  it('can be unreadable in part', async () => {
    const store = bench.path()
    const directory = join(store, 'history')
    await mkdir(join(directory, 'a-directory.jsonl'), { recursive: true })
    await writeFile(join(directory, 'b.jsonl'), `${JSON.stringify({ type: 'end', pull: past('b', 5) })}\n`)
    await chmod(join(directory, 'b.jsonl'), 0o600)
    const history = await open(store, 'one')
    onTestFinished(() => history.close())
    expect(ids(history.past)).toEqual(['b done'])
  })

  it('is whole when it is closed, and leaves no lock', async () => {
    const store = bench.path()
    const history = await open(store, 'one')
    // Large enough for writes that take a while.
    const image = 'x'.repeat(4_000_000)
    history.started({ ...started('a'), order: { image } })
    await Promise.resolve()
    history.ended({ ...past('a', 5), order: { image } })
    await history.close()
    expect(await readdir(join(store, 'history'))).toEqual(['one.jsonl'])
    const text = await readFile(join(store, 'history/one.jsonl'), 'utf8')
    expect(text.trim().split('\n')).toHaveLength(2)
  })

  it('is readable by its user alone, also after it was made shorter', async () => {
    const store = bench.path()
    const mask = process.umask(0)
    onTestFinished(() => void process.umask(mask))
    const history = await open(store, 'one')
    const modeOf = async (name: string): Promise<number> => (await stat(join(store, name))).mode & 0o777
    expect([await modeOf('history'), await modeOf('history/one.jsonl')]).toEqual([0o700, 0o600])
    await rm(join(store, 'history/one.jsonl'))
    history.started(started('a'))
    await history.close()
    expect(await modeOf('history/one.jsonl')).toBe(0o600)
  })

  it('keeps what runs when it is made shorter', async () => {
    const store = bench.path()
    const first = await open(store, 'one')
    first.started(started('runs'))
    for (let at = 1; at <= 1.6 * historySize; at++) {
      first.started(started(`ended-${at % 10}`, at))
      first.ended(past(`ended-${at % 10}`, at))
    }
    await die(first)
    const lines = (await readFile(join(store, 'history/one.jsonl'), 'utf8')).trim().split('\n')
    expect(lines).toHaveLength(historySize + 1)
    const second = await open(store, 'two')
    expect(ids(second.interrupted)).toEqual(['runs interrupted'])
    await second.close()
  })

  it('takes pulls of a dead server over as ended when they were last heard of', async () => {
    const store = bench.path()
    const first = await open(store, 'one')
    first.started(started('early', 10))
    first.ended(past('other', 90))
    first.ended(past('another', 70))
    first.started(started('late', 100))
    await die(first)
    const second = await open(store, 'two')
    expect(second.past.map(({ id, endedAt }) => `${id} ${endedAt}`)).toEqual([
      ...['late 100', 'other 90', 'early 90', 'another 70'],
    ])
    await second.close()
  })

  it('has one server for a run, and is only read, with a warning, where nothing can be written', async () => {
    const store = bench.path()
    const first = await open(store, 'one')
    await expect(open(store, 'one')).rejects.toThrow('Another server has the id one')
    first.ended(past('a', 5))
    await first.close()
    const taken = vi
      .spyOn(FileLock, 'take')
      .mockRejectedValue(Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }))
    onTestFinished(() => taken.mockRestore())
    const reader = await open(store, 'two')
    expect(warnings.at(-1)).toContain('keeps no history, and pulls fail: EROFS')
    expect(ids(reader.past)).toEqual(['a done'])
    reader.started(started('b'))
    await reader.close()
    expect(await readdir(join(store, 'history'))).toEqual(['one.jsonl'])
    taken.mockRejectedValue(Object.assign(new Error('EIO'), { code: 'EIO' }))
    await expect(open(store, 'three')).rejects.toThrow('EIO')
  })
})
