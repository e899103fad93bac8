import { getEventListeners } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { receiveBlob } from '../../../lib/sinks/receive-blob.js'
import { blobOf, opening } from '../../support/with-target.js'

const content = Buffer.alloc(300_000, 'blob ')
const blob = blobOf(content)

/** Receives what `stream` sends. Returns the bytes that were appended. */
async function receive(stream: Readable, signal?: AbortSignal): Promise<Buffer> {
  const received: Buffer[] = []
  const append = (batch: readonly Buffer[]): Promise<void> => {
    received.push(...batch)
    return Promise.resolve()
  }
  await receiveBlob(blob, () => Promise.resolve(stream), append, signal)
  return Buffer.concat(received)
}

describe('a blob that is received', () => {
  it('has all its bytes, and nothing listens to the signal any more', async () => {
    const { signal } = new AbortController()
    const stream = await opening(content)()
    expect((await receive(stream, signal)).equals(content)).toBe(true)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(stream.destroyed).toBe(true)
  })

  it('is verified before its bytes are written, and at its end', async () => {
    const append = vi.fn(() => Promise.resolve())
    const longer = opening(Buffer.concat([content, Buffer.alloc(2_000_000)]), 1_000_000)
    await expect(receiveBlob(blob, longer, append, undefined)).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    })
    expect(append).not.toHaveBeenCalled()
    const other = await opening(Buffer.alloc(content.length, 'other'))()
    await expect(receive(other)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('is not read any more if its bytes cannot be written', async () => {
    const stream = new Readable({ read: () => undefined })
    stream.push(content)
    const full = new Error('full')
    const receiving = receiveBlob(
      blob,
      () => Promise.resolve(stream),
      () => Promise.reject(full),
      undefined,
    )
    await expect(receiving).rejects.toBe(full)
    expect(stream.destroyed).toBe(true)
  })

  it.each(['before it is opened', 'while it is read'])('is cancelled %s', async (when) => {
    const abort = new AbortController()
    const stream = new Readable({ read: () => undefined })
    stream.push(content.subarray(0, 1_000))
    if (when === 'before it is opened') abort.abort('enough')
    else setImmediate(() => abort.abort('enough'))
    await expect(receive(stream, abort.signal)).rejects.toMatchObject({ code: 'CANCELLED', cause: 'enough' })
    expect(stream.destroyed).toBe(true)
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
  })
})
