import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Response } from '../../../../lib/registry/http/connections.js'
import { readDocument, readStart } from '../../../../lib/registry/http/document.js'

const url = new URL('https://registry.example/v2/')

/** An answer with this body, which says its length where it is told to. */
function answer(chunks: readonly string[], length?: number): Response {
  const headers = length === undefined ? {} : { 'content-length': String(length) }
  const body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  return { url, target: '/v2/', status: 200, headers, body }
}

const within = (maxBytes: number) =>
  ({ maxBytes, deadline: 60_000, purpose: 'look', limit: 'tokenBytes' }) as const

describe('a document', () => {
  it('is as long as its limit, and no byte longer', async () => {
    expect((await readDocument(answer(['123', '45']), within(5))).toString()).toBe('12345')
    const longer = answer(['123', '456'])
    await expect(readDocument(longer, within(5))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('longer than the limit tokenBytes (5 bytes)') as string,
    })
    expect(longer.body.destroyed).toBe(true)
  })

  it('is not read at all where it says that it is longer', async () => {
    let read = 0
    const long = answer([], 6)
    long.body.on('data', () => read++)
    await expect(readDocument(long, within(5))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect([read, long.body.destroyed]).toEqual([0, true])
    expect(await readDocument(answer(['12345'], 5), within(5))).toHaveLength(5)
  })

  it('has time from its first byte on, and no more than that', async () => {
    const waiting = new Readable({ read: () => undefined })
    const reading = readDocument({ ...answer([]), body: waiting }, { ...within(5), deadline: 20 })
    waiting.push('1')
    await expect(reading).rejects.toMatchObject({ code: 'STALLED' })
    expect(waiting.destroyed).toBe(true)
  })
})

describe('the start of a body', () => {
  it('is as much of it as is allowed, and says whether there was more', async () => {
    const start = async (max: number) => {
      const { bytes, cut } = await readStart(answer(['123', '45']), { maxBytes: max, deadline: 60_000 })
      return [bytes.toString(), cut]
    }
    expect([await start(4), await start(5), await start(6)]).toEqual([
      ['1234', true],
      ['12345', false],
      ['12345', false],
    ])
  })

  it('is what came before the body failed or time was up', async () => {
    const stuck = new Readable({ read: () => undefined })
    stuck.push('12')
    const { bytes } = await readStart({ ...answer([]), body: stuck }, { maxBytes: 5, deadline: 20 })
    expect([bytes.toString(), stuck.destroyed]).toEqual(['12', true])
  })
})
