import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { rm, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { buildImage } from '../../../lib/testing/images/index.js'
import { Workbench, blobPath } from '../../support/workbench.js'
import { putInStore, served } from './stored.js'

const bench = new Workbench()

/** Bytes that gzip cannot make smaller: the layer is larger than several chunks. */
const noise = Buffer.concat(
  Array.from({ length: 80_000 }, (_, index) => createHash('sha256').update(String(index)).digest()),
)
const image = buildImage({ layers: [{ entries: [{ path: 'noise', content: noise }] }] })
const [{ digest, bytes }] = image.layers as [(typeof image.layers)[number]]
const other = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })

const directory = bench.path()
await putInStore(directory, { 'docker.io/library/app:1': image, 'docker.io/library/other:1': other })

const path = `library/app/blobs/${digest}`
const body = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

/** Returns the number of descriptors of this process that are open on files of the store. */
const openFiles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    const link = `/proc/self/fd/${fd}`
    return existsSync(link) && readlinkSync(link).startsWith(directory)
  }).length

describe('a blob of the served store', () => {
  it('is sent whole, with its digest, its size and a tag', async () => {
    const { get, sender } = served(directory)
    const response = await get(path)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'docker-content-digest': digest,
      'content-length': String(bytes.length),
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
      'cache-control': 'max-age=31536000, immutable',
    })
    expect((await body(response)).equals(bytes)).toBe(true)
    expect(sender.slots.used).toBe(0)
    expect(openFiles()).toBe(0)
  })

  it('has the same headers for HEAD, no body, and takes no slot', async () => {
    const { get, sender } = served(directory)
    const head = await get(path, { range: 'bytes=0-1' }, 'HEAD')
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe(String(bytes.length))
    expect(await body(head)).toHaveLength(0)
    expect(sender.slots.used).toBe(0)
    expect(openFiles()).toBe(0)
  })

  it('is sent in part for one range', async () => {
    const { get } = served(directory)
    const from = bytes.length - 1_500_000
    for (const [range, first, last] of [
      ['bytes=5-9', 5, 9],
      [`bytes=${from}-`, from, bytes.length - 1],
      ['bytes=-3', bytes.length - 3, bytes.length - 1],
    ] as const) {
      const response = await get(path, { range })
      expect(response.status).toBe(206)
      expect(response.headers.get('content-range')).toBe(`bytes ${first}-${last}/${bytes.length}`)
      expect(response.headers.get('content-length')).toBe(String(last - first + 1))
      expect((await body(response)).equals(bytes.subarray(first, last + 1))).toBe(true)
    }
  })

  it('is refused in part for a range after its end', async () => {
    const response = await served(directory).get(path, { range: `bytes=${bytes.length}-` })
    expect(response.status).toBe(416)
    expect(response.headers.get('content-range')).toBe(`bytes */${bytes.length}`)
    expect(openFiles()).toBe(0)
  })

  it('is sent whole for several ranges, and if the client has another version', async () => {
    const { get } = served(directory)
    for (const headers of [{ range: 'bytes=0-1,4-5' }, { range: 'bytes=0-1', 'if-range': '"other"' }])
      expect((await body(await get(path, headers))).length).toBe(bytes.length)
    const same = await get(path, { range: 'bytes=0-1', 'if-range': `"${digest}"` })
    expect((await body(same)).equals(bytes.subarray(0, 2))).toBe(true)
  })

  it('is not sent again to a client that has it', async () => {
    const response = await served(directory).get(path, { 'if-none-match': `"${digest}"` })
    expect(response.status).toBe(304)
    expect(response.headers.get('etag')).toBe(`"${digest}"`)
    expect(openFiles()).toBe(0)
  })

  it('is unknown in a repository whose names do not lead to it', async () => {
    const response = await served(directory).get(`library/other/blobs/${digest}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'BLOB_UNKNOWN' }] })
    expect(openFiles()).toBe(0)
  })

  it('is refused under what is not a digest', async () => {
    const { get } = served(directory)
    for (const name of ['latest', 'sha256:..%2f..%2findex.json', `sha256:${'A'.repeat(64)}`]) {
      const response = await get(`library/app/blobs/${name}`)
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThan(500)
    }
  })

  it('closes its file and frees its slot when the client goes away', async () => {
    const { get, sender } = served(directory)
    const response = await get(path)
    const reader = response.body!.getReader()
    await reader.read()
    expect([sender.slots.used, openFiles()]).toEqual([1, 1])
    await reader.cancel()
    expect([sender.slots.used, openFiles()]).toEqual([0, 0])
  })

  it('ends for a client that takes nothing', async () => {
    const { get, sender } = served(directory, { stallTimeout: 20 })
    const reader = (await get(path)).body!.getReader()
    await reader.read()
    await expect(reader.closed).rejects.toThrow('takes no bytes')
    await expect.poll(() => [sender.slots.used, openFiles()]).toEqual([0, 0])
  })

  it('is read only as the client takes it', async () => {
    const reader = (
      await served(directory).get(path)
    ).body!.getReader() as ReadableStreamDefaultReader<Uint8Array>
    const sizes: number[] = []
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
      sizes.push(chunk.value.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes.length)
    expect(sizes.length).toBeGreaterThan(5)
  })
})

describe('blobs at the same time', () => {
  it('are at most as many as allowed; more are asked to come again', async () => {
    const { get, sender } = served(directory, { maxUploads: 2 })
    const sent = [await get(path), await get(path)]
    const refused = await get(path)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] })
    // What has no body is not counted.
    expect((await get(path, {}, 'HEAD')).status).toBe(200)
    expect((await get('library/app/manifests/1')).status).toBe(200)
    await sent[0]!.body!.cancel()
    expect((await body(await get(path))).length).toBe(bytes.length)
    await sent[1]!.body!.cancel()
    expect([sender.slots.used, openFiles()]).toEqual([0, 0])
  })
})

describe('what is not in the store', () => {
  it('is unknown: a layer that was discarded, and one whose file is no file', async () => {
    const gone = bench.path()
    await putInStore(gone, { 'docker.io/library/app:1': image })
    await rm(blobPath(gone, digest))
    expect(await served(gone).status(path)).toBe(404)
    expect(await served(gone).status(path, {}, 'HEAD')).toBe(404)
    await writeFile(`${gone}/secret`, 'secret')
    await symlink(`${gone}/secret`, blobPath(gone, digest))
    expect(await served(gone).status(path)).toBe(404)
  })
})
