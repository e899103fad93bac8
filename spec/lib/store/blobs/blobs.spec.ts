import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { open, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import type { Store } from '../../../../lib/store/index.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const bytes = Buffer.from('some bytes')
const digest = digestOf(bytes)
const corrupt = { code: 'STORE_CORRUPT', exitCode: 7 }

describe('blobs', () => {
  const stores = new TemporaryStores()
  /** On the disk, while the stores are in memory where that is possible. */
  const elsewhere = temporaryDirectory()

  /** A store in which something else than a file has the path of a blob. */
  async function storeWith(place: (path: string) => unknown): Promise<Store> {
    const store = await stores.open()
    const path = store.blobs.path(digest)
    mkdirSync(dirname(path), { recursive: true })
    place(path)
    return store
  }
  const oddities: readonly [string, (path: string) => unknown][] = [
    [
      'a link to the very bytes',
      (path) => execFileSync('sh', ['-c', 'printf "some bytes" > "$0-real" && ln -s "$0-real" "$0"', path]),
    ],
    ['a dangling link', (path) => symlinkSync('nowhere', path)],
    ['a directory', (path) => mkdirSync(join(path, 'below'), { recursive: true })],
    ['a fifo', (path) => execFileSync('mkfifo', [path])],
  ]

  it('returns what was put, for every algorithm', async () => {
    const store = await stores.open()
    const algorithm = fc.constantFrom('sha256' as const, 'sha384' as const, 'sha512' as const)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), algorithm, async (content, by) => {
        const each = digestOf(content, by)
        await store.blobs.put(each, Buffer.from(content))
        await store.blobs.put(each, Buffer.from(content))
        expect(await store.blobs.has(each)).toBe(true)
        expect(await store.blobs.size(each)).toBe(content.length)
        expect(await store.blobs.read(each, 1000)).toEqual(Buffer.from(content))
        expect(readFileSync(join(store.directory, 'blobs', ...each.split(':')))).toEqual(Buffer.from(content))
      }),
      { numRuns: 40 },
    )
  })

  it('refuses to store what has another digest', async () => {
    const store = await stores.open()
    await expect(store.blobs.put(digest, Buffer.from('other'))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    expect(await store.blobs.has(digest)).toBe(false)
  })

  it('creates paths only from digests', async () => {
    const store = await stores.open()
    for (const text of [
      'sha256:../../../etc/passwd',
      'sha256:ABC',
      'md5:d41d8cd98f00b204e9800998ecf8427e',
      '',
    ])
      expect(() => store.blobs.path(text as Digest)).toThrow(
        expect.objectContaining({ code: 'DIGEST_INVALID' }) as Error,
      )
  })

  it('reports a blob that cannot be read, such as a manifest, as missing (S0-33)', async () => {
    const store = await stores.open()
    expect(await store.blobs.has(digest)).toBe(false)
    await expect(store.blobs.size(digest)).rejects.toMatchObject(corrupt)
    await expect(store.blobs.read(digest, 100)).rejects.toMatchObject(corrupt)
  })

  it('detects corrupt bytes, and is repaired by another put', async () => {
    const store = await stores.open()
    await store.blobs.put(digest, bytes)
    const path = store.blobs.path(digest)
    for (const rot of [
      () => writeFileSync(path, 'SOME bytes'),
      () => truncateSync(path, 0),
      () => truncateSync(path, 3),
    ]) {
      rot()
      await expect(store.blobs.read(digest, 100)).rejects.toMatchObject({
        ...corrupt,
        subject: { digest, path },
      })
      await store.blobs.put(digest, bytes)
      expect(await store.blobs.read(digest, 100)).toEqual(bytes)
    }
  })

  it('detects a truncated blob by its size', async () => {
    const store = await stores.open()
    await store.blobs.put(digest, bytes)
    expect(await store.blobs.has(digest, bytes.length)).toBe(true)
    truncateSync(store.blobs.path(digest), 3)
    expect(await store.blobs.has(digest, bytes.length)).toBe(false)
  })

  it('reads at most the maximum size', async () => {
    const store = await stores.open()
    await store.blobs.put(digest, bytes)
    await expect(store.blobs.read(digest, bytes.length - 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(store.blobs.read(digest, 1, 'manifestBytes')).rejects.toMatchObject({
      message: expect.stringContaining('more than the limit') as string,
      hint: expect.stringContaining('manifest') as string,
    })
    expect(await store.blobs.read(digest, bytes.length)).toEqual(bytes)
  })

  it.each(oddities)('does not accept %s as a blob, and replaces it', async (_, place) => {
    const store = await storeWith(place)
    expect(await store.blobs.has(digest)).toBe(false)
    await expect(store.blobs.size(digest)).rejects.toMatchObject(corrupt)
    await expect(store.blobs.read(digest, 100)).rejects.toMatchObject(corrupt)
    await store.blobs.put(digest, bytes)
    expect(lstatSync(store.blobs.path(digest)).isFile()).toBe(true)
    expect(await store.blobs.read(digest, 100)).toEqual(bytes)
  })

  it('adopts a file, replacing an existing blob', async () => {
    const store = await storeWith((path) => writeFileSync(path, 'corrupt'))
    const file = join(await store.stagingDirectory(), 'downloaded')
    await writeFile(file, bytes)
    await store.blobs.adopt(file, digest)
    expect(existsSync(file)).toBe(false)
    expect(await store.blobs.read(digest, 100)).toEqual(bytes)
  })

  it('adopts a file of another file system, and removes it there', async () => {
    const store = await stores.open()
    const file = join(elsewhere, 'downloaded')
    await writeFile(file, bytes)
    await store.blobs.adopt(file, digest)
    expect(existsSync(file)).toBe(false)
    expect(await store.blobs.read(digest, 100)).toEqual(bytes)
    expect((await readdir(await store.stagingDirectory())).sort()).toEqual(['holds', 'lock'])
  })

  it('stops waiting for the lock of the store when it is cancelled, even if it has the blob', async () => {
    const store = await stores.open()
    await store.blobs.put(digest, bytes)
    const other = await stores.open(store.directory)
    const file = join(await other.stagingDirectory(), 'downloaded')
    await writeFile(file, bytes)
    const cancelled = { code: 'CANCELLED' }
    await expect(other.blobs.put(digest, bytes, AbortSignal.abort())).rejects.toMatchObject(cancelled)
    await expect(other.blobs.adopt(file, digest, AbortSignal.abort())).rejects.toMatchObject(cancelled)
    expect(existsSync(file)).toBe(true)
  })

  it('are held by the process that put or adopted them, so that no collection removes them', async () => {
    const store = await stores.open()
    const file = join(await store.stagingDirectory(), 'downloaded')
    await writeFile(file, bytes)
    await store.blobs.adopt(file, digest)
    await store.blobs.put(digestOf(Buffer.from('x')), Buffer.from('x'))
    expect((await store.garbage.collect()).removed).toEqual([])
    await store.release()
    expect((await store.garbage.collect()).removed).toHaveLength(2)
  })

  it('appear by a rename, are readable only by their owner, and leave nothing in the staging directory (S2-38)', async () => {
    const store = await stores.open()
    await store.blobs.put(digest, bytes)
    writeFileSync(store.blobs.path(digest), 'corrupt')
    const before = await open(store.blobs.path(digest))
    await store.blobs.put(digest, bytes)
    // A process that has the old file open still reads the old content, and no mix of both.
    expect(await before.readFile('utf8')).toBe('corrupt')
    await before.close()
    expect(await store.blobs.read(digest, 100)).toEqual(bytes)
    expect(lstatSync(store.blobs.path(digest)).mode & 0o777).toBe(0o600)
    const leftFiles = await readdir(await store.stagingDirectory())
    expect(leftFiles.sort()).toEqual(['holds', 'lock'])
  })

  it("does not follow a link at the path of an algorithm's directory", async () => {
    const store = await stores.open()
    const outside = stores.fresh()
    mkdirSync(outside)
    symlinkSync(outside, join(store.directory, 'blobs', 'sha256'))
    await expect(store.blobs.put(digest, bytes)).rejects.toMatchObject(corrupt)
    expect(await readdir(outside)).toEqual([])
  })

  it('reports which access was denied', async () => {
    const store = await stores.open()
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    else chmodSync(store.directory, 0o500)
    try {
      const denied = { code: 'STORE_DENIED', exitCode: 7 }
      await expect(store.blobs.put(digest, bytes)).rejects.toMatchObject(denied)
    } finally {
      if (isRoot) process.seteuid?.(0)
      else chmodSync(store.directory, 0o700)
    }
    await store.blobs.put(digest, bytes)
  })
})
