import { describe, expect, it } from 'vitest'
import { type EntryBatch, maxWeightInFlight } from '../../../../lib/archive/entries/batch.js'
import { EntrySender } from '../../../../lib/archive/entries/entry-sender.js'
import type { TarEntry } from '../../../../lib/archive/tar/entry.js'

const file: TarEntry = {
  ...{ path: 'file', type: 'file', size: 8 * 1024 * 1024, mode: 0o644, uid: 0, gid: 0, mtime: 0n },
  ...{ linkTarget: '', device: undefined, xattrs: new Map(), sparse: false },
}
const chunk = Buffer.alloc(1024 * 1024)

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
})
