/** Entries of a layer that a sink receives out of an unpacking thread: what it sees, what it slows down, how it fails. */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { ReplaySubject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ArchiveEntry,
  type EntrySink,
  type Growth,
  UnpackPool,
  type UnpackJobOptions,
  compareTrees,
  describeTree,
} from '../../lib/archive/index.js'
import { LayerTree } from '../../lib/archive/tree/layer-tree.js'
import { TarReader } from '../../lib/archive/tar/reader.js'
import { digestOf } from '../../lib/image/index.js'
import { type LayerEntry, buildLayer } from '../../lib/testing/images/index.js'
import { assertNothingLeft } from '../../lib/testing/nothing-left.js'
import { archive, contentOf, entry, pax, readArchive } from '../../testbench/archives/archive.js'

let top: string
let pool: UnpackPool
let made = 0
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'windlass-entries-'))
  pool = new UnpackPool({ workers: 2 })
})
afterAll(async () => {
  await pool.close()
  rmSync(top, { recursive: true, force: true })
})

const put = (bytes: Buffer): string => {
  const path = join(top, `blob-${++made}`)
  writeFileSync(path, bytes)
  return path
}
const unpack = (path: string, options: UnpackJobOptions, into = join(top, `tree-${++made}`)) =>
  pool.unpack({ path, into, whiteouts: 'aufs' }, options)
const layer = (entries: readonly LayerEntry[], compression: 'none' | 'gzip' = 'none') =>
  put(buildLayer({ entries }, 'oci', compression).bytes)

/** A header and the digest of the content. */
const seenOf = (
  entry: Pick<ArchiveEntry, 'path' | 'type' | 'size' | 'mode' | 'uid' | 'gid' | 'mtime' | 'linkTarget'>,
  content: Buffer,
) => {
  const { path, type, size, mode, uid, gid, mtime, linkTarget } = entry
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { path, type, size, mode, uid, gid, mtime, linkTarget, sha256 }
}
const bytesOf = async ({ content }: ArchiveEntry): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of content as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const anEntry = fc.record({
  path: fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', 'b', 'c', 'd', '.') }),
  size: fc.oneof(
    { weight: 5, arbitrary: fc.nat(3_000) },
    { weight: 1, arbitrary: fc.nat(1_500_000) },
    { weight: 1, arbitrary: fc.constantFrom(0, 512, 65_536, 1 << 20, (1 << 20) + 1) },
  ),
  kind: fc.constantFrom('file' as const, 'file' as const, 'directory' as const, 'symlink' as const),
  mode: fc.nat(0o777),
})
type Described = typeof anEntry extends fc.Arbitrary<infer T> ? T : never
const someEntries = fc.uniqueArray(anEntry, { minLength: 1, maxLength: 30, selector: ({ path }) => path })
const built = (entries: readonly Described[]): LayerEntry[] =>
  entries
    .filter(({ path }) => !/^\.{1,2}$/.test(path))
    .map(({ path, size, kind, mode }, n): LayerEntry => {
      if (kind === 'directory') return { path: `${path}/`, mode }
      if (kind === 'symlink') return { path, type: 'symlink', linkTarget: `to-${n}` }
      return { path, content: Buffer.alloc(size, `${path} ${n}`), mode, uid: n, mtime: n }
    })

describe('entries out of an unpacking thread', () => {
  it('are those of the archive, in order, with their content', async () => {
    await fc.assert(
      fc.asyncProperty(
        someEntries,
        fc.constantFrom('none' as const, 'gzip' as const),
        fc.infiniteStream(fc.nat(5)),
        async (described, compression, choices) => {
          const entries = built(described)
          const { bytes } = buildLayer({ entries }, 'oci', compression)
          const tar = buildLayer({ entries }, 'oci', 'none').bytes
          const expected = readArchive(tar).map((each) => seenOf(each, contentOf(each)))
          const seen: ReturnType<typeof seenOf>[] = []
          const into = join(top, `tree-${++made}`)
          const { entries: count } = await unpack(
            put(bytes),
            {
              onEntry: async (each) => {
                const choice = choices.next().value
                if (choice === 0) await pause(1)
                // Some contents are not read, some only in part.
                if (choice === 1) each.content.destroy()
                const at = seen.length
                const skipped = choice === 1 || choice === 2
                seen.push(seenOf(each, skipped ? contentOf(readArchive(tar)[at]!) : await bytesOf(each)))
              },
            },
            into,
          )
          expect(seen).toEqual(expected)
          expect(count).toBe(expected.length)
          const tree = new LayerTree('aufs')
          const reader = new TarReader(tree)
          reader.write(tar)
          reader.finish()
          const owners = compareTrees(tree.describe(), await describeTree(into)).filter(
            ({ text }) => !/uid|gid|owner/.test(text),
          )
          expect(owners).toEqual([])
          rmSync(into, { recursive: true, force: true })
        },
      ),
      { numRuns: 25 },
    )
  })

  it('fill the holes of sparse files with zeros, also a hole of more than a chunk', async () => {
    const size = 3_000_000
    const bytes = archive(
      pax([
        ['GNU.sparse.major', '0'],
        ['GNU.sparse.minor', '1'],
        ['GNU.sparse.size', String(size)],
        ['GNU.sparse.numblocks', '2'],
        ['GNU.sparse.map', '1000,5,2000000,7'],
      ]),
      entry({ name: 'sparse' }, 'firstsecond.'),
    )
    const content = Buffer.alloc(size)
    content.write('first', 1000)
    content.write('second.', 2_000_000)
    const seen: Buffer[] = []
    await unpack(put(bytes), { onEntry: async (each) => void seen.push(await bytesOf(each)) })
    expect(seen.map((each) => each.equals(content))).toEqual([true])
  })

  it('have a name that is normalised text, beside the path as it stands in the archive', async () => {
    const names: string[][] = []
    const path = layer([{ path: './' }, { path: './etc//a/../caf\u00c3\u00a9', content: '' }])
    await unpack(path, { onEntry: ({ path, name }) => names.push([path, name]) })
    expect(names).toEqual([
      ['./', ''],
      ['./etc//a/../caf\u00c3\u00a9', 'etc/café'],
    ])
  })

  it('hold the unpacking back while the sink is slow', async () => {
    const entries = Array.from({ length: 40 }, (_, n) => ({
      path: `f${n}`,
      content: Buffer.alloc(1 << 20, n),
    }))
    const into = join(top, `tree-${++made}`)
    let go = (): void => undefined
    const wait = new Promise<void>((resolve) => (go = resolve))
    const seen: string[] = []
    const done = unpack(
      layer(entries),
      {
        onEntry: async ({ name }) => {
          seen.push(name)
          if (name === 'f3') await wait
        },
      },
      into,
    )
    while (seen.length < 4) await pause(5)
    await pause(200)
    expect(seen.length).toBe(4)
    const ahead = entries.filter(({ path }) => existsSync(join(into, path))).length
    expect(ahead).toBeLessThanOrEqual(9)
    go()
    await done
    expect(seen.length).toBe(40)
  })

  it('cost no transfer of a large content that is not read', async () => {
    const path = layer([
      { path: 'large', content: Buffer.alloc(64 << 20) },
      { path: 'small', content: 'x' },
    ])
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const names: string[] = []
    await unpack(path, {
      onEntry: ({ name }) => {
        names.push(name)
        most = Math.max(most, process.memoryUsage().arrayBuffers - before)
      },
    })
    expect(names).toEqual(['large', 'small'])
    expect(most).toBeLessThan(16 << 20)
  })

  it('fail the job with the error of the sink, whether it throws at once or later', async () => {
    const path = layer(
      Array.from({ length: 30 }, (_, n) => ({ path: `f${n}`, content: Buffer.alloc(400_000) })),
    )
    for (const at of [0, 7, 29])
      for (const fail of [
        () => {
          throw new Error('refused')
        },
        async () => {
          await pause(2)
          throw new Error('refused')
        },
      ]) {
        let calls = 0
        const onEntry: EntrySink = () => (calls++ === at ? fail() : undefined)
        await expect(unpack(path, { onEntry })).rejects.toThrow('refused')
        expect(calls).toBe(at + 1)
      }
  })

  it('fail content that is read when the layer turns out to be invalid', async () => {
    const tar = buildLayer({ entries: [{ path: 'a', content: Buffer.alloc(3 << 20) }] }, 'oci', 'none').bytes
    const errors: unknown[] = []
    const done = unpack(put(tar.subarray(0, 2_000_000)), {
      onEntry: async (each) => {
        await bytesOf(each).catch((error: unknown) => errors.push(error))
      },
    })
    await expect(done).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    expect(errors).toMatchObject([{ code: 'LAYER_INVALID' }])
  })

  it('give no content any more after the sink has returned', async () => {
    let kept: ArchiveEntry | undefined
    await unpack(layer([{ path: 'a', content: 'content' }]), { onEntry: (each) => (kept = each) })
    await expect(bytesOf(kept!)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
  })

  it('leave nothing behind, wherever the sink throws or the job is cancelled', async () => {
    await unpack(layer([]), {}) // starts the thread
    await fc.assert(
      fc.asyncProperty(
        someEntries,
        fc.nat(30),
        fc.constantFrom('throw' as const, 'cancel' as const, 'cancel at once' as const, 'growth' as const),
        fc.boolean(),
        async (described, at, how, reading) => {
          const { bytes } = buildLayer({ entries: built(described) }, 'oci', 'none')
          const path = put(bytes)
          const stop = new AbortController()
          let inside = 0
          let most = 0
          let calls = 0
          let failed = false
          const growth = new ReplaySubject<Growth>(1)
          const refusal = new Error('refused')
          const into = join(top, `tree-${++made}`)
          await assertNothingLeft(async () => {
            if (how === 'cancel at once') stop.abort()
            const done = pool.unpack(
              { path, into, whiteouts: 'aufs', ...(how === 'growth' && { growth }) },
              {
                signal: stop.signal,
                onEntry: async (each, { signal }) => {
                  most = Math.max(most, ++inside)
                  try {
                    if (calls++ === at) {
                      failed = true
                      if (how === 'throw') throw refusal
                      if (how === 'growth') growth.error(refusal)
                      stop.abort(refusal)
                    }
                    if (reading) await bytesOf(each)
                    else await pause(1, undefined, { signal })
                  } finally {
                    inside--
                  }
                },
              },
            )
            if (how === 'growth') growth.next({ length: bytes.length, final: true })
            const error: unknown = await done.then(
              () => undefined,
              (reason: unknown) => reason,
            )
            if (how === 'cancel at once') expect(error).toMatchObject({ code: 'CANCELLED' })
            else if (!failed) expect(error).toBe(undefined)
            else if (how === 'cancel') expect(error).toMatchObject({ code: 'CANCELLED' })
            else
              expect([
                error === refusal,
                (error as { code?: string } | undefined)?.code === 'CANCELLED',
              ]).toContain(true)
            expect(inside).toBe(0)
            expect(most).toBeLessThanOrEqual(1)
          })
          rmSync(into, { recursive: true, force: true })
        },
      ),
      { numRuns: 30 },
    )
  }, 60_000)
})

describe('entries of a layer that is not unpacked', () => {
  const entries = [
    { path: 'd/' },
    { path: 'd/f', content: Buffer.alloc(2_000_000, 'content') },
    { path: 'd/.wh.gone', mode: 0 },
    { path: 'l', type: 'symlink' as const, linkTarget: 'd' },
  ]

  it('are read from its blob, which is verified', async () => {
    const { bytes } = buildLayer({ entries }, 'oci', 'gzip')
    const seen: string[] = []
    const expected = { digest: digestOf(bytes), size: bytes.length }
    const onEntry: EntrySink = async (each) => seen.push(`${each.name} ${(await bytesOf(each)).length}`)
    const result = await pool.read({ layer: { kind: 'blob', path: put(bytes), expected } }, { onEntry })
    expect(result).toEqual({ entries: 4 })
    expect(seen).toEqual(['d 0', 'd/f 2000000', 'd/.wh.gone 0', 'l 0'])
    const wrong = Buffer.from(bytes)
    wrong[wrong.length - 1]! ^= 1
    await expect(
      pool.read({ layer: { kind: 'blob', path: put(wrong), expected } }, { onEntry: () => undefined }),
    ).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('are read from its tree, each path once, whiteouts included', async () => {
    const into = join(top, `tree-${++made}`)
    const { implied } = await unpack(layer(entries), {}, into)
    const seen: string[] = []
    await pool.read(
      { layer: { kind: 'directory', path: into, implied } },
      { onEntry: async (each) => seen.push(`${each.type} ${each.name} ${(await bytesOf(each)).length}`) },
    )
    expect(seen).toEqual(['directory d 0', 'file d/.wh.gone 0', 'file d/f 2000000', 'symlink l 0'])
  })
})
