import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Observable, of, Subject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { UnpackPool, compareTrees, describeTree } from '../../../../lib/archive/index.js'
import type { Growth } from '../../../../lib/archive/worker/task.js'
import { WindlassError } from '../../../../lib/errors.js'
import { digestOf } from '../../../../lib/image/index.js'
import { failure } from '../../../support/failure.js'
import { listenedTo } from '../../../support/listened-to.js'
import { openPaths } from '../../../support/open-paths.js'

let top: string
let archive: Buffer
let blob: Buffer
let pool: UnpackPool

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'windlass-pool-'))
  const source = join(top, 'source')
  mkdirSync(join(source, 'usr/lib'), { recursive: true })
  for (let i = 0; i < 200; i++) writeFileSync(join(source, 'usr/lib', `f${i}`), `${i}`.repeat(i * 20))
  writeFileSync(join(source, 'big'), Buffer.alloc(20_000_000, 'windlass '))
  symlinkSync('usr/lib', join(source, 'lib'))
  execFileSync('ln', [join(source, 'usr/lib/f1'), join(source, 'again')])
  execFileSync('tar', ['--format=pax', '-cf', join(top, 'layer.tar'), '-C', source, '.'])
  archive = readFileSync(join(top, 'layer.tar'))
  blob = gzipSync(archive, { level: 1 })
  writeFileSync(join(top, 'layer.tar.gz'), blob)
  pool = new UnpackPool({ workers: 2 })
})
afterAll(async () => {
  await pool.close()
  rmSync(top, { recursive: true, force: true })
})

let made = 0
const into = (): string => join(top, `tree-${++made}`)
const gz = (): string => join(top, 'layer.tar.gz')
const put = (bytes: Buffer): string => {
  const path = join(top, `blob-${++made}`)
  writeFileSync(path, bytes)
  return path
}
/** Files below the test's directory that this process has open. */
const openHere = (): string[] => openPaths().filter((path) => path.startsWith(top))

describe('the unpack pool', () => {
  it('starts threads in advance and uses them', async () => {
    const threads = (): number => readdirSync('/proc/self/task').length
    const own = new UnpackPool({ workers: 2 })
    const before = threads()
    own.ready(0)
    expect(threads()).toBe(before)
    own.ready(1)
    await vi.waitFor(() => expect(threads()).toBeGreaterThan(before))
    own.ready(5)
    own.ready(5)
    const unpack = () => own.unpack({ path: gz(), into: into(), whiteouts: 'overlay' })
    await Promise.all([unpack(), unpack(), unpack()])
    const two = threads()
    await own.close()
    own.ready(1)
    await vi.waitFor(() => expect(threads()).toBeLessThan(two))
  })

  it('starts at most as many threads in advance as it has workers', async () => {
    const threads = (): number => readdirSync('/proc/self/task').length
    const started: number[] = []
    for (const jobs of [2, 5]) {
      const own = new UnpackPool({ workers: 2 })
      const before = threads()
      own.ready(jobs)
      started.push(threads() - before)
      await own.close()
    }
    expect(started[1]).toBe(started[0])
  })

  it('removes all listeners after a job', async () => {
    const listeners = listenedTo()
    const growth = new Subject<Growth>()
    const { signal } = new AbortController()
    for (const options of [{}, { signal }]) {
      const work = pool.unpack({ path: gz(), growth, into: into(), whiteouts: 'aufs' }, options)
      await vi.waitFor(() => expect(growth.observed).toBe(true), 60_000)
      expect(listeners()).toBeGreaterThan(0)
      growth.next({ length: blob.length, final: true })
      await work
      expect(growth.observed).toBe(false)
    }
    expect(listeners()).toBe(0)
  })

  it('unpacks and computes the diffID in one pass (S3-16)', async () => {
    const tree = into()
    const progress: number[] = []
    const result = await pool.unpack(
      {
        path: gz(),
        into: tree,
        whiteouts: 'aufs',
        expected: { digest: digestOf(blob), size: blob.length, diffID: digestOf(archive) },
      },
      { onProgress: (bytes) => progress.push(bytes) },
    )
    expect(result).toEqual({ diffID: digestOf(archive), size: archive.length, entries: 206, implied: [] })
    expect(progress.at(-1)).toBe(blob.length)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    const oracle = into()
    mkdirSync(oracle)
    execFileSync('tar', ['-xpf', join(top, 'layer.tar'), '-C', oracle])
    expect(
      compareTrees(await describeTree(oracle), await describeTree(tree)).map(({ text }) => text),
    ).toEqual([])
  })

  it('follows a blob that is still growing', async () => {
    const path = put(Buffer.alloc(0))
    const growth = new Subject<Growth>()
    const tree = into()
    const work = pool.unpack({
      path,
      growth,
      into: tree,
      whiteouts: 'aufs',
      expected: { digest: digestOf(blob), size: blob.length },
    })
    const half = blob.length >> 1
    writeFileSync(path, blob.subarray(0, half))
    while (!existsSync(join(tree, 'usr'))) {
      growth.next({ length: half, final: false })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    writeFileSync(path, blob)
    growth.next({ length: blob.length, final: true })
    expect((await work).diffID).toBe(digestOf(archive))
  })

  it('accepts growth as an async iterable, also one that is final at once', async () => {
    async function* lengths(): AsyncGenerator<Growth> {
      yield { length: 10, final: false }
      yield { length: blob.length, final: true }
    }
    for (const growth of [lengths(), of({ length: blob.length, final: true })])
      expect((await pool.unpack({ path: gz(), growth, into: into(), whiteouts: 'aufs' })).size).toBe(
        archive.length,
      )
  })

  it('fails with the error of the growth', async () => {
    const broken = new WindlassError('NETWORK', 'The connection broke')
    const growth = new Observable<Growth>((out) => {
      out.next({ length: 100, final: false })
      setTimeout(() => out.error(broken), 10)
    })
    expect(await failure(pool.unpack({ path: gz(), growth, into: into(), whiteouts: 'aufs' }))).toBe(broken)
    expect(openHere()).toEqual([])
  })

  it('reports wrong bytes rather than the invalid content that they cause', async () => {
    const expected = { digest: digestOf(blob), size: blob.length, diffID: digestOf(blob) }
    const wrong = Buffer.from(blob)
    wrong[wrong.length >> 1]! ^= 1
    const cases: [Buffer, string][] = [
      [wrong, 'DIGEST_MISMATCH'],
      [blob.subarray(0, -1), 'SIZE_MISMATCH'],
      [blob.subarray(0, 1000), 'SIZE_MISMATCH'],
      [Buffer.concat([blob, blob]), 'SIZE_MISMATCH'],
      [Buffer.alloc(0), 'SIZE_MISMATCH'],
      [blob, 'DIFF_ID_MISMATCH'],
    ]
    for (const [bytes, code] of cases)
      expect(
        (await failure(pool.unpack({ path: put(bytes), into: into(), whiteouts: 'aufs', expected }))).code,
      ).toBe(code)
    const noArchive = Buffer.from('no archive at all, nor anything like it'.repeat(30))
    for (const bytes of [wrong, blob.subarray(0, -1), noArchive])
      expect((await failure(pool.unpack({ path: put(bytes), into: into(), whiteouts: 'aufs' }))).code).toBe(
        'LAYER_INVALID',
      )
    expect(openHere()).toEqual([])
  })

  it('rejects a layer with another diffID than in the config (S2-35)', async () => {
    const expected = { diffID: digestOf(blob) }
    const error = await failure(pool.unpack({ path: gz(), into: into(), whiteouts: 'aufs', expected }))
    expect([error.code, error.message]).toEqual([
      'DIFF_ID_MISMATCH',
      expect.stringContaining(digestOf(archive)),
    ])
  })

  it('reads the bytes after the archive, because the digests cover them', async () => {
    const bytes = gzipSync(Buffer.concat([archive, Buffer.alloc(30_000_000)]), { level: 1 })
    const result = await pool.unpack({
      path: put(bytes),
      into: into(),
      whiteouts: 'aufs',
      expected: { digest: digestOf(bytes), size: bytes.length },
    })
    expect(result.size).toBe(archive.length + 30_000_000)
  })

  it('does not open a link or pipe as a blob', async () => {
    const link = join(top, 'link')
    symlinkSync(gz(), link)
    const pipe = join(top, 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const path of [link, pipe, top])
      expect((await failure(pool.unpack({ path, into: into(), whiteouts: 'aufs' }))).code).toBe(
        'STORE_CORRUPT',
      )
  })

  it('can be cancelled while waiting, at the start and in the middle, and leaves nothing open', async () => {
    for (const delay of [undefined, 0, 5, 30]) {
      const abort = new AbortController()
      if (delay === undefined) abort.abort()
      else setTimeout(() => abort.abort(), delay)
      const growth = new Subject<Growth>()
      const work = pool.unpack(
        { path: gz(), growth, into: into(), whiteouts: 'aufs' },
        { signal: abort.signal },
      )
      growth.next({ length: 100_000, final: false })
      expect((await failure(work)).code).toBe('CANCELLED')
      expect(openHere()).toEqual([])
    }
    expect((await pool.unpack({ path: gz(), into: into(), whiteouts: 'aufs' })).entries).toBe(206)
  })

  it('can be cancelled between any two steps of the start, and starts nothing if already cancelled', async () => {
    const begun = vi.fn()
    const growth = new Observable<Growth>(begun)
    for (let steps = -1; steps < 16; steps++) {
      const abort = new AbortController()
      const signal = steps < 0 ? AbortSignal.abort() : abort.signal
      const work = failure(pool.unpack({ path: gz(), into: into(), whiteouts: 'apply', growth }, { signal }))
      for (let step = 0; step < steps; step++) await Promise.resolve()
      abort.abort()
      expect((await work).code).toBe('CANCELLED')
      if (steps < 0) expect(begun).not.toHaveBeenCalled()
    }
    expect(openHere()).toEqual([])
  })

  it('runs at most as many jobs as it has workers, in order, also after a waiting job is cancelled', async () => {
    const one = new UnpackPool({ workers: 1 })
    const ended: number[] = []
    const abort = new AbortController()
    const work = [0, 1, 2, 3].map((index) =>
      one
        .unpack({ path: gz(), into: into(), whiteouts: 'aufs' }, index === 1 ? { signal: abort.signal } : {})
        .then(
          () => ended.push(index),
          () => ended.push(-index),
        ),
    )
    abort.abort()
    await Promise.all(work)
    expect(ended).toEqual([-1, 0, 2, 3])
    await one.close()
  })

  it('starts no waiting job before a running one has ended', async () => {
    const one = new UnpackPool({ workers: 1 })
    const growths = [new Subject<Growth>(), new Subject<Growth>()] as const
    const work = growths.map((growth) =>
      one.unpack({ path: gz(), growth, into: into(), whiteouts: 'aufs' }).then(({ entries }) => entries),
    )
    await vi.waitFor(() => expect(growths[0].observed).toBe(true), { timeout: 60_000 })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(growths[1].observed).toBe(false)
    growths[0].next({ length: blob.length, final: true })
    await vi.waitFor(() => expect(growths[1].observed).toBe(true), { timeout: 60_000 })
    growths[1].next({ length: blob.length, final: true })
    expect(await Promise.all(work)).toEqual([206, 206])
    await one.close()
  })

  it('runs a job that is ready before one that would wait for the network', async () => {
    const one = new UnpackPool({ workers: 1 })
    const growth = new Subject<Growth>()
    const ended: string[] = []
    const start = (name: string, options?: { readonly isReady: () => boolean }) =>
      one
        .unpack({ path: gz(), growth, into: into(), whiteouts: 'aufs' }, options)
        .then(() => ended.push(name))
    const work = [
      start('runs'),
      start('waits', { isReady: () => false }),
      start('first', { isReady: () => true }),
      start('second'), // ready, as it does not say otherwise
    ]
    while (ended.length < work.length) {
      const before = ended.length
      await vi.waitFor(() => expect(growth.observed).toBe(true), 60_000)
      growth.next({ length: blob.length, final: true })
      await vi.waitFor(() => expect(ended.length).toBeGreaterThan(before), 60_000)
    }
    expect(ended).toEqual(['runs', 'first', 'second', 'waits'])
    await one.close()
  })

  it('runs jobs of all kinds in the same threads, with one limit for all of them', async () => {
    const one = new UnpackPool({ workers: 1 })
    const [growth, tree] = [new Subject<Growth>(), into()]
    const ended: string[] = []
    const expected = { diffID: digestOf(archive) }
    const check = { path: gz(), tree, form: 'aufs', scratch: undefined, expected } as const
    const flat = { layers: [{ kind: 'blob', path: gz() }], into: into() } as const
    const work = [
      one.unpack({ path: gz(), growth, into: tree, whiteouts: 'aufs' }).then(() => ended.push('unpack')),
      one.flatten(flat).then(() => ended.push('flatten')),
      one.check(check).then(({ differences }) => ended.push(`check: ${differences}`)),
    ]
    await vi.waitFor(() => expect(growth.observed).toBe(true), 60_000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(ended).toEqual([])
    growth.next({ length: blob.length, final: true })
    await Promise.all(work)
    expect(ended).toEqual(['unpack', 'flatten', 'check: 0'])
    await one.close()
  })

  it('fails a cancelled job with the reason of the signal', async () => {
    const reason = new WindlassError('CANCELLED', 'The user pressed Ctrl-C')
    for (const given of [reason, new Error('other')]) {
      const [growth, abort] = [new Subject<Growth>(), new AbortController()]
      const work = failure(pool.unpack({ path: gz(), growth, into: into(), whiteouts: 'aufs' }, abort))
      await vi.waitFor(() => expect(growth.observed).toBe(true), 60_000)
      abort.abort(given)
      expect((await work).message).toBe(given === reason ? reason.message : 'The unpacking was cancelled')
    }
  })

  it('ends running and waiting jobs when it is closed', async () => {
    const one = new UnpackPool({ workers: 1 })
    const growth = new Subject<Growth>()
    const work = [0, 1].map(() =>
      failure(one.unpack({ path: gz(), growth, into: into(), whiteouts: 'aufs' })),
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    await one.close()
    expect((await Promise.all(work)).map(({ code }) => code)).toEqual(['CANCELLED', 'CANCELLED'])
    expect((await failure(one.unpack({ path: gz(), into: into(), whiteouts: 'aufs' }))).code).toBe(
      'CANCELLED',
    )
  })

  it('flattens blobs and layer directories, base first (C9, S2-57)', async () => {
    const own = into()
    await pool.unpack({ path: gz(), into: own, whiteouts: 'aufs' })
    const second = join(top, 'second')
    mkdirSync(join(second, 'lib'), { recursive: true })
    writeFileSync(join(second, 'lib/.wh.f3'), '')
    writeFileSync(join(second, 'lib/new'), 'new')
    // No entry for `lib`, so that the paths lead through the link of the layer below.
    execFileSync('tar', ['-cf', join(top, 'second.tar'), '-C', second, 'lib/.wh.f3', 'lib/new'])
    const upper = { kind: 'blob', path: join(top, 'second.tar') } as const
    const trees = [into(), into()]
    await pool.flatten({ layers: [{ kind: 'blob', path: gz() }, upper], into: trees[0]! })
    await pool.flatten({ layers: [{ kind: 'directory', path: own }, upper], into: trees[1]! })
    const [a, b] = await Promise.all(trees.map((tree) => describeTree(tree)))
    expect(compareTrees(a!, b!).map(({ text }) => text)).toEqual([])
    const paths = a!.map(({ path }) => path)
    expect([paths.includes('usr/lib/new'), paths.includes('usr/lib/f3'), paths.includes('lib')]).toEqual([
      true,
      false,
      true,
    ])
    const abort = new AbortController()
    const work = pool.flatten(
      {
        // So many layers that the work is not finished when the signal comes.
        layers: Array.from({ length: 60 }, () => ({ kind: 'directory' as const, path: own })),
        into: into(),
      },
      { signal: abort.signal },
    )
    setTimeout(() => abort.abort(), 5)
    expect((await failure(work)).code).toBe('CANCELLED')
    expect(openHere()).toEqual([])
  })
})
