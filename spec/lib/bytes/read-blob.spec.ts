import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { readBlob } from '../../../lib/bytes/index.js'
import { type BlobRequest, type ImageSource, digestOf } from '../../../lib/image/index.js'

const content = Buffer.from('what a layer holds')
const descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(content),
  size: content.length,
}

/** A source that serves `stream` for every blob. */
const serving = (stream: Readable, asked: BlobRequest[] = []): ImageSource =>
  ({
    blob: (_: unknown, request: BlobRequest = {}) => {
      asked.push(request)
      return Promise.resolve({ stream, offset: 0, size: undefined, validator: undefined, host: 'host' })
    },
  }) as unknown as ImageSource

describe('readBlob', () => {
  it('gives the bytes of the blob', async () => {
    const source = serving(Readable.from([content], { objectMode: false }))
    expect(await buffer(await readBlob(source, descriptor))).toEqual(content)
  })

  it.each([
    ['other', Buffer.from('what a layer hides'), 'DIGEST_MISMATCH'],
    ['fewer', content.subarray(1), 'SIZE_MISMATCH'],
    ['more', Buffer.concat([content, content]), 'SIZE_MISMATCH'],
  ])('fails when the source has %s bytes', async (_, bytes, code) => {
    const stream = Readable.from([bytes], { objectMode: false })
    await expect(buffer(await readBlob(serving(stream), descriptor))).rejects.toMatchObject({ code })
    expect(stream.destroyed).toBe(true)
  })

  it('fails with the error of the source', async () => {
    const stream = new Readable({ read: () => stream.destroy(new Error('the line is cut')) })
    await expect(buffer(await readBlob(serving(stream), descriptor))).rejects.toThrow('the line is cut')
  })

  it('closes the source when the reader stops', async () => {
    const stream = new Readable({ read: () => undefined })
    const reading = await readBlob(serving(stream), descriptor)
    reading.destroy()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(stream.destroyed).toBe(true)
  })

  it('passes the signal to the source', async () => {
    const asked: BlobRequest[] = []
    const { signal } = new AbortController()
    await buffer(
      await readBlob(serving(Readable.from([content], { objectMode: false }), asked), descriptor, { signal }),
    )
    expect(asked).toEqual([{ signal }])
  })
})
