import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type EntryBatch, type EntryPart, maxWeightInFlight } from '../../../../lib/archive/entries/batch.js'
import { EntrySender } from '../../../../lib/archive/entries/entry-sender.js'
import type { TarEntry } from '../../../../lib/archive/tar/entry.js'

const file: TarEntry = {
  ...{ path: 'file', type: 'file', size: 8 * 1024 * 1024, mode: 0o644, uid: 0, gid: 0, mtime: 0n },
  ...{ linkTarget: '', device: undefined, xattrs: new Map(), sparse: false },
}
const chunk = Buffer.alloc(1024 * 1024)

const textOf = (part: EntryPart): string =>
  part.kind === 'data'
    ? Buffer.from(part.content).toString()
    : part.kind === 'entry'
      ? `entry ${part.number}`
      : 'end'

function sending() {
  const posted: EntryBatch[] = []
  const abort = new AbortController()
  const sender = new EntrySender((batch) => void posted.push(batch), abort.signal)
  sender.entry(file)
  /** Sends chunks until the sender waits. */
  const sendUntilFull = (): Promise<void> | undefined => {
    for (let count = 0; count < 8; count++) {
      sender.data(chunk, 0)
      const waiting = sender.flush()
      if (waiting) return waiting
    }
    return undefined
  }
  return { sender, posted, abort, sendUntilFull }
}

describe('the sender of the entries of a layer', () => {
  it('waits for a slow receiver as soon as too much is unacknowledged', async () => {
    const { sender, posted, sendUntilFull } = sending()
    const waiting = sendUntilFull()
    const sent = posted.reduce((sum, { weight }) => sum + weight, 0)
    expect(sent).toBeGreaterThan(maxWeightInFlight)
    expect(sent).toBeLessThanOrEqual(maxWeightInFlight + 2 * chunk.length)
    let isResumed = false
    void waiting?.then(() => (isResumed = true))
    sender.acknowledge(sent - maxWeightInFlight - 1)
    await Promise.resolve()
    expect(isResumed).toBe(false)
    sender.acknowledge(1)
    await waiting
    expect(isResumed).toBe(true)
  })

  it('does not wait any more when its signal aborts', async () => {
    const { abort, sendUntilFull } = sending()
    const waiting = sendUntilFull()
    abort.abort(new Error('cancelled'))
    await expect(waiting).rejects.toThrow('cancelled')
    await expect(sendUntilFull()).rejects.toThrow('cancelled')
  })

  it('leaves no listener behind when it goes on', async () => {
    const { sender, posted, sendUntilFull, abort } = sending()
    const waiting = sendUntilFull()
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1)
    for (const { weight } of posted) sender.acknowledge(weight)
    await waiting
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0)
  })

  it('sends no content of an entry that is skipped, and that of the next one', () => {
    const { sender, posted } = sending()
    sender.data(Buffer.from('sent'), 0)
    sender.skip(1)
    sender.data(Buffer.from('not sent'), 4)
    sender.end()
    sender.entry(file)
    sender.data(Buffer.from('of the second'), 0)
    sender.end()
    void sender.flush()
    expect(posted.flatMap(({ parts }) => parts).map(textOf)).toEqual([
      ...['entry 1', 'sent', 'end'],
      ...['entry 2', 'of the second', 'end'],
    ])
  })

  it('copies content into memory of its own, which is moved to the receiver and never used again', () => {
    const transferred: ArrayBuffer[] = []
    const received: EntryPart[] = []
    const sender = new EntrySender((batch, transfer) => {
      // As `postMessage` does it: what is not in the list is copied, what is in it can be sent once.
      received.push(...structuredClone(batch, { transfer }).parts)
      transferred.push(...transfer)
      for (const part of batch.parts) if (part.kind === 'data') expect(part.content.buffer.byteLength).toBe(0)
    }, new AbortController().signal)
    sender.entry(file)
    const reused = Buffer.alloc(5)
    for (let batch = 0; batch < 3; batch++) {
      for (let at = 0; at < 300; at++) {
        reused.fill(String.fromCharCode(97 + (at % 26)))
        sender.data(reused, at * 5)
      }
      void sender.flush()
    }
    const texts = received.flatMap((part) => (part.kind === 'data' ? [textOf(part)] : []))
    expect(texts).toEqual(
      Array.from({ length: 900 }, (_, at) => String.fromCharCode(97 + ((at % 300) % 26)).repeat(5)),
    )
    expect(new Set(transferred).size).toBe(transferred.length)
  })

  it('has buffers that grow up to 64 KiB, or the size of a chunk', () => {
    const sizes: number[] = []
    const sender = new EntrySender((_, transfer) => {
      sizes.push(...transfer.map(({ byteLength }) => byteLength))
    }, new AbortController().signal)
    sender.entry(file)
    for (let at = 0; at < 300; at++) sender.data(Buffer.alloc(1024), 0)
    sender.data(Buffer.alloc(100_000), 0)
    void sender.flush()
    expect(Math.max(...sizes.slice(0, -1))).toBe(64 * 1024)
    expect(sizes.slice(0, 3)).toEqual([1024, 2048, 4096])
    expect(sizes.at(-1)).toBe(100_000)
    sender.data(Buffer.alloc(1), 0)
    void sender.flush()
    expect(sizes.at(-1)).toBe(1024)
  })

  it('sends nothing if nothing was collected, and knows the weight of what was', () => {
    const { sender, posted } = sending()
    expect(sender.pendingWeight).toBe(512 + 4)
    sender.data(Buffer.alloc(100), 0)
    expect(sender.pendingWeight).toBe(512 + 4 + 100)
    void sender.flush()
    expect(sender.pendingWeight).toBe(0)
    expect(sender.flush()).toBeUndefined()
    expect(posted.map(({ weight }) => weight)).toEqual([512 + 4 + 100])
  })
})
