import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Fault, faults } from '../../../../lib/testing/registry/index.js'
import { bytesOf, content, manifest, withRegistry, type Setting } from '../../../support/with-registry.js'

const claims = ['aws-chunked', 'utf-8', 'x-gzip', 'gzip', 'gzip, gzip', 'br', 'zstd', 'AWS-Chunked,gzip', '?']

/** Every use of a response body: the kind of request, how to send it, and the result for a correct body. */
const places: readonly {
  readonly kind: 'manifest' | 'blob' | 'tags' | 'token'
  readonly ask: (setting: Setting) => Promise<unknown>
  readonly right: unknown
}[] = [
  {
    kind: 'manifest',
    ask: async ({ repository }) => (await repository.manifest('latest')).bytes.toString(),
    right: manifest.toString(),
  },
  {
    kind: 'token',
    ask: async ({ repository }) => (await repository.manifest('latest')).bytes.toString(),
    right: manifest.toString(),
  },
  {
    kind: 'blob',
    ask: async ({ repository, blob }) => (await bytesOf(await repository.blob(blob))).equals(content),
    right: true,
  },
  {
    kind: 'tags',
    ask: async ({ repository }) => {
      for await (const page of repository.tags()) return page
    },
    right: ['latest'],
  },
]

const auth = { kind: 'token' } as const

const struck = (
  { kind, ask }: (typeof places)[number],
  fault: Fault,
  expectation: (asked: Promise<unknown>) => Promise<void>,
): Promise<void> =>
  withRegistry(kind === 'token' ? { auth } : {}, {}, async (setting) => {
    setting.registry.addFault(fault)
    await expectation(ask(setting))
    expect(setting.registry.appliedFaults.length).toBeGreaterThan(0)
  })

const chunked = { 'transfer-encoding': 'chunked' }

describe.each(places)('a Content-Encoding of a $kind', (place) => {
  const { kind, right } = place

  it.each(claims)('has no effect if the body is not encoded: %s', (encoding) =>
    struck(place, faults.header('content-encoding', encoding, { kind }), async (asked) => {
      expect(await asked).toEqual(right)
    }),
  )

  it.each(['gzip', 'x-gzip', ' GZIP'])('of gzip is decoded if the body is encoded: %s', (encoding) =>
    struck(
      place,
      faults.body((body) => gzipSync(body), { kind }, { 'content-encoding': encoding }),
      async (asked) => {
        expect(await asked).toEqual(right)
      },
    ),
  )

  it.each([
    ['with its length', {}],
    ['without its length', chunked],
  ])('other than gzip is an error that names it if the body is encoded, %s', (_, more) =>
    struck(
      place,
      faults.body((body) => brotliCompressSync(body), { kind }, { 'content-encoding': 'br', ...more }),
      async (asked) => {
        await expect(asked).rejects.toMatchObject({
          code: 'REGISTRY_RESPONSE',
          message: expect.stringContaining('the Content-Encoding "br"') as string,
        })
      },
    ),
  )

  it('whose decoded body is too long is an error that names it', () =>
    struck(
      place,
      faults.body(() => gzipSync(Buffer.alloc(2 ** 26)), { kind }, { 'content-encoding': 'gzip' }),
      async (asked) => {
        await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_RESPONSE' })
      },
    ))
})

describe('a blob with a wrong Content-Encoding', () => {
  const encoding = { 'content-encoding': 'aws-chunked' }
  const named = { code: 'REGISTRY_RESPONSE', message: expect.stringContaining('"aws-chunked"') as string }

  it.each([
    ['wrong bytes', (body: Buffer) => Buffer.alloc(body.length)],
    ['a byte too few', (body: Buffer) => body.subarray(1)],
    ['a byte too many', (body: Buffer) => Buffer.concat([body, Buffer.from('x')])],
  ])('fails before its last byte with %s', (_, change) =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      registry.addFault(faults.body(change, {}, { ...encoding, ...chunked }))
      let read = 0
      const reading = async (): Promise<void> => {
        const { stream } = await repository.blob(blob)
        for await (const chunk of stream as AsyncIterable<Buffer>) read += chunk.length
      }
      await expect(reading()).rejects.toMatchObject(named)
      expect(read).toBeLessThan(content.length)
    }),
  )

  it('is resumed after an interruption', () =>
    withRegistry({}, {}, async ({ repository, registry, blob }) => {
      registry.addFault(faults.header('content-encoding', 'aws-chunked'))
      const body = await repository.blob(blob, { offset: 40_000 })
      expect(body.offset).toBe(40_000)
      expect((await bytesOf(body)).equals(content.subarray(40_000))).toBe(true)
    }))

  it('closes when its connection or its reader closes', () =>
    withRegistry({}, { timeouts: { stall: 200 } }, async ({ repository, registry, blob }) => {
      registry.addFault(faults.header('content-encoding', 'aws-chunked'))
      registry.addFault(faults.truncate(50_000, { nth: 1 }))
      await expect(bytesOf(await repository.blob(blob))).rejects.toMatchObject({ code: 'NETWORK' })
      registry.addFault(faults.stall(50_000, { nth: 2 }))
      await expect(bytesOf(await repository.blob(blob))).rejects.toMatchObject({ code: 'STALLED' })
      const { stream } = await repository.blob(blob)
      stream.destroy()
    }))
})

describe('an error response with a Content-Encoding', () => {
  it('is read if it is not encoded, and ignored otherwise', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      registry.addFault(faults.status(403, { kind: 'manifest', nth: 1 }, { 'content-encoding': 'gzip' }))
      await expect(repository.manifest('latest')).rejects.toMatchObject({
        code: 'DENIED',
        message: expect.stringContaining('the fault says 403') as string,
      })
      registry.addFault(
        faults.answer(
          { status: 403, headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"errors":[]}') },
          { kind: 'manifest' },
        ),
      )
      await expect(repository.manifest('latest')).rejects.toMatchObject({ code: 'DENIED' })
    }))
})
