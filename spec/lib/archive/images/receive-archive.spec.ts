import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { pack } from 'tar-stream'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { readPart } from '../../../../lib/archive/images/archived-file.js'
import { receiveArchive } from '../../../../lib/archive/images/receive-archive.js'
import { openPaths } from '../../../support/open-paths.js'
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

  it('is not waited for after its signal, and its unfinished file is closed', async () => {
    const stop = new AbortController()
    const bytes = await bytesOf([['a', big]])
    async function* stalling(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 1_200_000)
      setImmediate(() => stop.abort(new Error('enough')))
      await new Promise(() => undefined)
    }
    const into = join(directory, 'stalled')
    const receiving = receiveArchive(stalling(), into, { limits: defaultLimits, signal: stop.signal })
    await expect(receiving).rejects.toThrow('enough')
    expect(openPaths().filter((path) => path.startsWith(into))).toEqual([])
  })

  it('is written while it arrives, with files and directories of the user alone', async () => {
    const bytes = await bytesOf([
      ['a', big],
      ['b', 'x'],
    ])
    const into = join(directory, 'modes')
    let written = 0
    async function* source(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 2_500_000)
      for (let turn = 0; turn < 1_000 && written === 0; turn++) {
        await setTimeout(10)
        written = statSync(join(into, 'part'), { throwIfNoEntry: false })?.size ?? 0
      }
      yield bytes.subarray(2_500_000)
    }
    const files = await receiveArchive(source(), into, {
      ...{ limits: defaultLimits, signal: new AbortController().signal },
    })
    expect(written).toBeGreaterThan(0)
    const modes = (path: string): number => statSync(path).mode & 0o777
    const blobs = join(into, 'blobs', 'sha256')
    expect([join(into, 'blobs'), blobs].map(modes)).toEqual([0o700, 0o700])
    expect(readdirSync(blobs).map((name) => modes(join(blobs, name)))).toEqual([0o600, 0o600])
    expect((await readPart(files.get('a')!, { offset: 2_999_999, length: 5 })).length).toBe(1)
    expect((await readPart(files.get('a')!, { offset: 10, length: 3 })).equals(big.subarray(10, 13))).toBe(
      true,
    )
    expect((await readPart(files.get('b')!, { offset: 1 })).length).toBe(0)
  })

  it('is refused if it is cut, or if a blob has another digest than its name, and names the archive', async () => {
    const { signal } = new AbortController()
    const options = { limits: defaultLimits, signal, label: 'sent.tar' }
    const cut = (await bytesOf([['a', 'x'.repeat(2_000)]])).subarray(0, 1_500)
    await expect(receiveArchive(pieces(cut, 512), join(directory, 'cut'), options)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringMatching(/^Failed to read images from sent\.tar: it is truncated/) as string,
    })
    const wrong = await bytesOf([[`blobs/sha256/${'0'.repeat(64)}`, 'x']])
    await expect(receiveArchive(pieces(wrong, 512), join(directory, 'wrong'), options)).rejects.toMatchObject(
      {
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining('has the digest sha256:') as string,
      },
    )
  })

  it('ends its source, also one that cannot end', async () => {
    const options = { limits: defaultLimits, signal: new AbortController().signal }
    let isEnded = false
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield await Promise.resolve(Buffer.alloc(512, 'x'))
      } finally {
        isEnded = true
      }
    }
    await expect(receiveArchive(endless(), join(directory, 'wrong-bytes'), options)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
    })
    await vi.waitFor(() => expect(isEnded).toBe(true))
    const stop = new AbortController()
    const stalled = new Readable({ read: () => undefined })
    const receiving = receiveArchive(stalled, join(directory, 'stalled-stream'), {
      ...{ limits: defaultLimits, signal: stop.signal },
    })
    stop.abort(new Error('enough'))
    await expect(receiving).rejects.toThrow('enough')
    await vi.waitFor(() => expect(stalled.destroyed).toBe(true))
  })
})
