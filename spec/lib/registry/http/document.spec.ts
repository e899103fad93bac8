import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Response } from '../../../../lib/registry/http/connections.js'
import { readDocument, readBodyStart } from '../../../../lib/registry/http/document.js'

const url = new URL('https://registry.example/v2/')

/** Returns a response with the given body, and with `Content-Length` if `length` is given. */
function answer(chunks: readonly string[], length?: number): Response {
  const headers = length === undefined ? {} : { 'content-length': String(length) }
  const body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  return { url, target: '/v2/', status: 200, headers, body }
}

const within = (maxBytes: number) =>
  ({ maxBytes, timeout: 60_000, purpose: 'look', limitName: 'tokenBytes' }) as const

describe('a document', () => {
  it('may be exactly as long as its limit', async () => {
    expect((await readDocument(answer(['123', '45']), within(5))).toString()).toBe('12345')
    const longer = answer(['123', '456'])
    await expect(readDocument(longer, within(5))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('longer than the limit tokenBytes (5 bytes)') as string,
    })
    expect(longer.body.destroyed).toBe(true)
  })

  it('is not read if its Content-Length exceeds the limit', async () => {
    let read = 0
    const long = answer([], 6)
    long.body.on('data', () => read++)
    await expect(readDocument(long, within(5))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect([read, long.body.destroyed]).toEqual([0, true])
    expect(await readDocument(answer(['12345'], 5), within(5))).toHaveLength(5)
  })

  it('must be complete within the timeout, which starts at its first byte', async () => {
    const waiting = new Readable({ read: () => undefined })
    const reading = readDocument({ ...answer([]), body: waiting }, { ...within(5), timeout: 20 })
    waiting.push('1')
    await expect(reading).rejects.toMatchObject({ code: 'STALLED' })
    expect(waiting.destroyed).toBe(true)
  })
})

describe('the start of a body', () => {
  it('has at most maxBytes, and reports whether there was more', async () => {
    const start = async (max: number) => {
      const { bytes, isTruncated } = await readBodyStart(answer(['123', '45']), {
        maxBytes: max,
        timeout: 60_000,
      })
      return [bytes.toString(), isTruncated]
    }
    expect([await start(4), await start(5), await start(6)]).toEqual([
      ['1234', true],
      ['12345', false],
      ['12345', false],
    ])
  })

  it('is what arrived before the body failed or the timeout elapsed', async () => {
    const stuck = new Readable({ read: () => undefined })
    stuck.push('12')
    const { bytes } = await readBodyStart({ ...answer([]), body: stuck }, { maxBytes: 5, timeout: 20 })
    expect([bytes.toString(), stuck.destroyed]).toEqual(['12', true])
  })
})
