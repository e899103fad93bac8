import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Response } from '../../../../lib/registry/http/connections.js'
import { discard } from '../../../../lib/registry/http/discard.js'
import { claimsGzip, isEncoded } from '../../../../lib/registry/http/encoding.js'

describe('a response that is not needed', () => {
  it.each([
    ['16384', true],
    ['16385', false],
    ['0', true],
    [undefined, false],
    ['many', false],
  ])('with the length %s is read to its end: %s', async (length, isRead) => {
    const body = Readable.from([Buffer.from('a body')])
    discard({
      body,
      headers: length === undefined ? {} : { 'content-length': length },
    } as unknown as Response)
    await new Promise((resolve) => body.once('close', resolve))
    expect(body.readableEnded).toBe(isRead)
  })
})

describe('the encoding of a response', () => {
  it.each<[string | undefined, boolean, boolean]>([
    ['gzip', true, true],
    ['x-gzip', true, true],
    [' GZip ', true, true],
    ['gzip, gzip', true, false],
    ['br', true, false],
    ['notgzip', true, false],
    ['identity', false, false],
    [' Identity ', false, false],
    [' ', false, false],
    [undefined, false, false],
  ])('%j is one: %s, and gzip: %s', (encoding, encoded, gzip) => {
    const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
    expect([isEncoded({ headers }), claimsGzip({ headers })]).toEqual([encoded, gzip])
  })
})
