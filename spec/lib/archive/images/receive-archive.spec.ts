import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pack } from 'tar-stream'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { readPart } from '../../../../lib/archive/images/archived-file.js'
import { receiveArchive } from '../../../../lib/archive/images/receive-archive.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

type Entries = readonly (readonly [name: string, content: Buffer | string, link?: string])[]

async function bytesOf(entries: Entries): Promise<Buffer> {
  const archive = pack()
  for (const [name, content, linkname] of entries)
    archive.entry({ name, ...(linkname === undefined ? {} : { type: 'symlink', linkname }) }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Yields `bytes` in pieces. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve()
    yield bytes.subarray(at, at + size)
  }
}

describe('a received archive', () => {
  const directory = temporaryDirectory()
  const big = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * at) % 253))
  let count = 0
  const receive = async (entries: Entries, limits = {}, size = 1_000) => {
    const into = join(directory, String(count++))
    const bytes = await bytesOf(entries)
    const signal = new AbortController().signal
    const files = await receiveArchive(pieces(bytes, size), into, {
      limits: { ...defaultLimits, ...limits },
      signal,
    })
    return { files, into }
  }

  it.each([100, 65_536, 10_000_000])(
    'has its files under their digests, in pieces of %d bytes',
    async (size) => {
      const { files, into } = await receive(
        [
          ['a/big', big],
          ['small', 'x'],
          ['empty', ''],
        ],
        {},
        size,
      )
      expect([...files.keys()]).toEqual(['a/big', 'small', 'empty'])
      for (const [path, content] of [
        ['a/big', big],
        ['small', Buffer.from('x')],
        ['empty', Buffer.alloc(0)],
      ] as const) {
        const digest = digestOf(content)
        const file = files.get(path)!
        expect([await file.digest(), file.size]).toEqual([digest, content.length])
        expect((await readPart(file)).equals(content)).toBe(true)
        expect(readFileSync(join(into, 'blobs', 'sha256', digest.slice(7))).equals(content)).toBe(true)
      }
      expect(readdirSync(into)).toEqual(['blobs'])
    },
  )

  it('follows links to its files, and ignores those that lead nowhere or in a circle', async () => {
    const { files } = await receive([
      ['x/layer.tar', '', '../real.tar'],
      ['y/layer.tar', '', '../x/layer.tar'],
      ['nowhere', '', 'missing'],
      ['circle', '', 'elcric'],
      ['elcric', '', 'circle'],
      ['real.tar', 'content'],
    ])
    expect(files.get('x/layer.tar')).toEqual(files.get('real.tar'))
    expect(files.get('y/layer.tar')).toEqual(files.get('real.tar'))
    expect([...files.keys()].sort()).toEqual(['real.tar', 'x/layer.tar', 'y/layer.tar'])
  })

  it('is refused beyond the limits on its bytes and its entries', async () => {
    const limited = (limits: object) =>
      receive(
        [
          ['a', big],
          ['b', 'x'],
        ],
        limits,
      )
    await expect(limited({ imageBytes: 1_000_000 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(limited({ imageBytes: big.length })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect((await limited({ imageBytes: big.length + 10_000 })).files.size).toBe(2)
    await expect(limited({ layerEntries: 1 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(limited({ pathBytes: 0 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('is not read on after its signal', async () => {
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    const source = pieces(await bytesOf([['a', big]]), 1_000)
    await expect(
      receiveArchive(source, join(directory, 'stopped'), { limits: defaultLimits, signal: stop.signal }),
    ).rejects.toThrow()
  })
})
