import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPart } from '../../../../lib/archive/images/archived-file.js'
import { indexArchive, type SeekableFile } from '../../../../lib/archive/images/index-archive.js'
import { receiveArchive } from '../../../../lib/archive/images/receive-archive.js'
import { bufferFile } from '../../../../lib/archive/images/archived-file.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { type ArchiveEntry, archiveOf } from '../../../support/archive/image-archive.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

/** An archive in memory, which counts the bytes that are read of it. */
function inMemory(bytes: Buffer): SeekableFile & { readonly count: () => number } {
  let count = 0
  return {
    ...{ label: 'test.tar', size: bytes.length, count: () => count },
    read(position, length) {
      const part = bytes.subarray(position, position + length)
      count += part.length
      return Promise.resolve(part)
    },
    slice: (start, size) => bufferFile(bytes.subarray(start, start + size)),
  }
}

const index = (bytes: Buffer, limits = {}) => indexArchive(inMemory(bytes), { ...defaultLimits, ...limits })
const big = Buffer.alloc(5_000_000, 'content')

describe('the index of an archive', () => {
  const directory = temporaryDirectory()
  let count = 0

  it('has the files at their positions, and reads little more than the headers', async () => {
    const file = inMemory(
      await archiveOf([
        ['a/big', big],
        ['small', 'x'],
        ['empty', ''],
        [`${'long/'.repeat(60)}name`, 'long'],
        ['last', big],
      ]),
    )
    const files = await indexArchive(file, defaultLimits)
    expect((await readPart(files.get('a/big')!)).equals(big)).toBe(true)
    expect((await readPart(files.get('small')!)).toString()).toBe('x')
    expect((await readPart(files.get(`${'long/'.repeat(60)}name`)!)).toString()).toBe('long')
    expect(files.get('empty')!.size).toBe(0)
    expect(file.count()).toBeLessThan(100_000)
  })

  it('has the files that receiving the same archive has', async () => {
    const path = fc.constantFrom('a', 'b', 'c/d', 'c/e', './f', 'c//g')
    const entry = fc.oneof(
      fc.tuple(path, fc.string({ maxLength: 2_000 })),
      fc.tuple(
        path,
        fc.constant(''),
        fc.record({
          type: fc.constantFrom('symlink' as const, 'link' as const),
          to: fc.constantFrom('a', 'b', 'd', 'c/d', '../a', 'nowhere'),
        }),
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 12 }), async (entries) => {
        const bytes = await archiveOf(entries)
        const describeAll = async (files: ReturnType<typeof index>): Promise<unknown> => {
          const found: [string, string][] = []
          for (const [name, file] of await files) found.push([name, (await readPart(file)).toString()])
          return found.sort()
        }
        const outcome = (files: ReturnType<typeof index>): Promise<unknown> =>
          describeAll(files).catch((error: unknown) => (error as { code?: string }).code)
        const received = receiveArchive(Readable.from([bytes]), `${directory}/${count++}`, {
          ...{ limits: defaultLimits, signal: new AbortController().signal },
        })
        expect(await outcome(index(bytes))).toEqual(await outcome(received))
      }),
      { numRuns: 60 },
    )
  })

  it('takes the last of several entries with one path', async () => {
    const files = await index(
      await archiveOf([
        ['a', 'first'],
        ['a', 'second'],
        ['b', ''],
        ['b', '', { type: 'symlink', to: 'a' }],
      ]),
    )
    for (const name of ['a', 'b']) expect((await readPart(files.get(name)!)).toString()).toBe('second')
  })

  it.each<readonly [string, ArchiveEntry]>([
    ['a path that leaves the archive', ['../evil', 'x']],
    ['an absolute path', ['/etc/passwd', 'x']],
    ['a path that leaves the archive in the middle', ['a/../../evil', 'x']],
    ['a symbolic link out of the archive', ['a', '', { type: 'symlink', to: '../../etc/shadow' }]],
    ['an absolute symbolic link', ['a', '', { type: 'symlink', to: '/etc/shadow' }]],
    ['a hard link out of the archive', ['a/b', '', { type: 'link', to: '../etc/shadow' }]],
  ])('refuses %s', async (_, entry) => {
    await expect(index(await archiveOf([entry]))).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringMatching(
        /^Failed to read images from test\.tar: .* leads out of the archive$/,
      ) as string,
    })
  })

  it('refuses an archive that is truncated at any block, and accepts it without its end', async () => {
    const bytes = await archiveOf([
      ['a', 'x'.repeat(1_000)],
      ['b', 'y'.repeat(600)],
    ])
    for (const length of [100, 512, 600, 1_500, 2_600])
      await expect(index(bytes.subarray(0, length))).rejects.toMatchObject({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining('truncated') as string,
      })
    expect((await index(bytes.subarray(0, 512 + 1_024 + 512 + 600))).size).toBe(2)
  })

  it('keeps to the limits', async () => {
    const bytes = await archiveOf([
      ['a', 'x'],
      ['b', big],
    ])
    await expect(index(bytes, { layerEntries: 1 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(index(bytes, { layerBytes: 1_000 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('is not read on after its signal', async () => {
    const bytes = await archiveOf([['a', 'x']])
    const reason = new Error('enough')
    const file = inMemory(bytes)
    await expect(indexArchive(file, defaultLimits, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(file.count()).toBe(0)
  })
})
