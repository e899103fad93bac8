/** Reading the entries of an unpacked layer, with a receiver that the test plays. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { EntryBatch } from '../../../../lib/archive/entries/batch.js'
import { EntrySender } from '../../../../lib/archive/entries/entry-sender.js'
import { readEntries } from '../../../../lib/archive/worker/read-entries.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('the entries of an unpacked layer', () => {
  const directory = temporaryDirectory()
  const small = join(directory, 'small')
  mkdirSync(small)
  for (const name of ['a', 'b', 'c']) writeFileSync(join(small, name), name)
  const large = join(directory, 'large')
  mkdirSync(large)
  for (let at = 0; at < 6; at++) writeFileSync(join(large, String(at)), Buffer.alloc(1_000_000))

  function readingOf(path: string) {
    const stop = new AbortController()
    const batches: EntryBatch[] = []
    const entries = new EntrySender((batch) => batches.push(batch), stop.signal)
    const context = { signal: stop.signal, onProgress: () => undefined, warn: () => undefined, entries }
    return { stop, batches, entries, result: readEntries({ layer: { kind: 'directory', path } }, context) }
  }
  const pathsOf = (batches: readonly EntryBatch[]): string[] =>
    batches.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'entry' ? [part.entry.path] : [])))

  it('are all sent, few of them in one batch at the end', async () => {
    const { result, batches } = readingOf(small)
    expect(await result).toEqual({ entries: 4 })
    expect(pathsOf(batches)).toEqual(['.', 'a', 'b', 'c'])
    expect(batches).toHaveLength(1)
  })

  it('are not read on while their receiver has much to do', async () => {
    const { result, batches, entries } = readingOf(large)
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    const sent = (): number => batches.reduce((sum, { weight }) => sum + weight, 0)
    expect(sent()).toBeLessThan(4_500_000)
    const reading = { isOver: false }
    void result.finally(() => (reading.isOver = true))
    for (let acknowledged = 0; !reading.isOver;) {
      for (; acknowledged < batches.length; acknowledged++) entries.acknowledge(batches[acknowledged]!.weight)
      await setImmediate()
    }
    expect(await result).toEqual({ entries: 7 })
    expect(pathsOf(batches)).toHaveLength(7)
  })

  it('are not read on when the signal aborts, without a receiver too', async () => {
    // The signal is checked after some milliseconds.
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 100))
    onTestFinished(() => clock.mockRestore())
    const stop = new AbortController()
    const context = { signal: stop.signal, onProgress: () => undefined, warn: () => undefined }
    const result = readEntries({ layer: { kind: 'directory', path: small } }, context)
    stop.abort(new Error('enough'))
    await expect(result).rejects.toThrow('enough')
  })
})
