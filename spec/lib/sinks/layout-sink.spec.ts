/** Tests the state of a layout while images are written to it, and afterwards. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { type Descriptor, hexOf, mediaTypes, parseDigest } from '../../../lib/image/index.js'
import { type LayoutSink, layoutSink } from '../../../lib/sinks/index.js'
import { lockTimes } from '../../../lib/sinks/layout/layout-lock.js'
import { layoutSource } from '../../../lib/sources/index.js'
import { type BuiltImage, buildImage, tinyImage } from '../../../lib/testing/images/index.js'
import { diskCalls } from '../../support/store/disk-calls.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { bytesOf } from '../../support/with-registry.js'
import { blobOf, opening } from '../../support/with-target.js'

const work = temporaryDirectory()
let made = 0
const fresh = (): string => join(work, `layout-${++made}`)
const content = Buffer.alloc(3_000_000, 'a layer ')
const blob = blobOf(content)
const image = tinyImage()

interface Listed {
  readonly digest: string
  readonly annotations?: Readonly<Record<string, string>>
}
const list = (directory: string): { manifests: Listed[] } =>
  JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: Listed[] }
const names = (directory: string): (string | undefined)[] =>
  list(directory).manifests.map((each) => each.annotations?.['org.opencontainers.image.ref.name'])
const pathOf = (directory: string, { digest }: Descriptor): string =>
  join(directory, 'blobs', 'sha256', hexOf(digest))
const temporaries = (directory: string): string[] =>
  readdirSync(directory).filter((name) => name.startsWith('.'))

async function put(sink: LayoutSink, { manifest, config, layers }: BuiltImage, tag?: string): Promise<void> {
  for (const each of [config, ...layers]) await sink.putBlob(each, opening(each.bytes))
  await sink.putManifest(manifest.bytes, manifest, { root: true, ...(tag !== undefined && { tag }) })
}

describe('a layout as a target', () => {
  it('is created if it does not exist, and then contains the image', async () => {
    const directory = join(fresh(), 'in', 'new', 'directories')
    const sink = layoutSink(directory)
    expect(await sink.resolve('app:1')).toBeUndefined()
    expect(await sink.hasBlob(image.config)).toBe(false)
    expect(existsSync(directory)).toBe(false)
    await put(sink, image, 'app:1')
    expect(await sink.resolve('app:1')).toBe(image.manifest.digest)
    expect(JSON.parse(readFileSync(join(directory, 'oci-layout'), 'utf8'))).toEqual({
      imageLayoutVersion: '1.0.0',
    })
    const source = layoutSource(directory)
    expect((await source.manifest('app:1')).bytes).toEqual(image.manifest.bytes)
    for (const each of [image.config, ...image.layers]) {
      expect(await bytesOf(await source.blob(each))).toEqual(each.bytes)
      expect(await sink.hasBlob(each)).toBe(true)
    }
    expect(readdirSync(directory).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  it('has the permissions that the umask allows', async () => {
    const directory = fresh()
    await put(layoutSink(directory), image, '1')
    const mode = (path: string): number => statSync(path).mode & 0o777
    const umask = process.umask(0o022)
    process.umask(umask)
    expect(mode(pathOf(directory, image.config))).toBe(0o644 & ~umask)
    expect(mode(join(directory, 'blobs', 'sha256'))).toBe(0o755 & ~umask)
  })

  it('lists an image only after its blobs are on the disk', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await put(sink, image, 'before')
    const calls = diskCalls(directory)
    await sink.putBlob(blob, opening(content))
    await sink.putManifest(image.manifest.bytes, image.manifest, { tag: 'app:1' })
    const at = (call: RegExp): number => calls.findLastIndex((each) => call.test(each))
    const written = at(/^rename \S+ blobs\/sha256\//)
    expect(written).toBeGreaterThanOrEqual(0)
    expect(at(/^sync blobs\/sha256$/)).toBeGreaterThan(written)
    expect(at(/^rename \S+ index.json$/)).toBeGreaterThan(at(/^sync blobs\/sha256$/))
  })

  it('keeps other entries, and replaces an image of the same name at its position', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    const other = tinyImage({ annotations: { other: 'yes' } })
    for (const tag of ['a', 'b', 'c']) await put(sink, image, tag)
    const before = list(directory)
    writeFileSync(
      join(directory, 'index.json'),
      JSON.stringify({
        ...before,
        annotations: { mine: '1' },
        manifests: [...before.manifests, { odd: true }],
      }),
    )
    await put(sink, other, 'b')
    expect(names(directory)).toEqual(['a', 'b', 'c', undefined])
    expect(list(directory)).toMatchObject({ annotations: { mine: '1' } })
    expect(list(directory).manifests.at(-1)).toEqual({ odd: true })
    expect(await sink.resolve('b')).toBe(other.manifest.digest)
    expect(await sink.resolve('a')).toBe(image.manifest.digest)
  })

  it('lists an image without a name once', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await put(sink, image)
    await put(sink, image)
    await put(sink, image, 'named')
    expect(names(directory)).toEqual([undefined, 'named'])
  })

  it('does not list a manifest that is not a root', async () => {
    const directory = fresh()
    await layoutSink(directory).putManifest(image.manifest.bytes, image.manifest)
    expect(list(directory).manifests).toEqual([])
    expect(existsSync(pathOf(directory, image.manifest))).toBe(true)
  })

  it('loses no image if many are written at the same time', async () => {
    const directory = fresh()
    const tags = Array.from({ length: 12 }, (_, n) => `tag-${n}`)
    await Promise.all(tags.map((tag) => put(layoutSink(directory), image, tag)))
    expect(names(directory).toSorted()).toEqual(tags.toSorted())
    expect(temporaries(directory)).toEqual([])
  })

  it('waits for another process that has the lock of the layout', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await put(sink, image, 'a')
    const holder = spawn('flock', [directory, 'sh', '-c', 'echo held; sleep 0.5; echo over'])
    const said: string[] = []
    holder.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text.trim()))
    await once(holder.stdout, 'data')
    await put(sink, image, 'b')
    expect(said).toEqual(['held', 'over'])
    expect(names(directory)).toEqual(['a', 'b'])
  })

  it('stops waiting for the lock when it is cancelled', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await put(sink, image, 'a')
    const holder = spawn('flock', ['-F', directory, 'sh', '-c', 'echo held; exec sleep 60'])
    await once(holder.stdout, 'data')
    const reason = new WindlassError('CANCELLED', 'enough')
    const stop = new AbortController()
    setTimeout(() => stop.abort(reason), 100)
    const { bytes } = image.manifest
    const written = sink.putManifest(bytes, image.manifest, { tag: 'b', signal: stop.signal })
    await expect(written).rejects.toMatchObject({ code: 'CANCELLED' })
    holder.kill('SIGKILL')
    await once(holder, 'close')
    expect(names(directory)).toEqual(['a'])
  })

  it('fails when the lock is not released', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await put(sink, image, 'a')
    const holder = spawn('flock', ['-F', directory, 'sh', '-c', 'echo held; exec sleep 60'])
    await once(holder.stdout, 'data')
    const { total } = lockTimes
    lockTimes.total = 300
    const written = sink.putManifest(image.manifest.bytes, image.manifest, { tag: 'b' })
    await expect(written).rejects.toMatchObject({ code: 'STORE_LOCKED', retryable: true })
    lockTimes.total = total
    holder.kill('SIGKILL')
    await once(holder, 'close')
  })

  it('changes the list again if a tool without the lock changed it meanwhile', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await put(sink, image, 'ours')
    // Changes the list continuously while the sink writes.
    const state = { over: false }
    let wrote = 0
    const neighbour = (async () => {
      while (!state.over) {
        const { manifests } = list(directory)
        const entry = { ...manifests[0]!, annotations: { 'org.opencontainers.image.ref.name': `n-${wrote}` } }
        writeFileSync(
          join(directory, 'index.json'),
          JSON.stringify({ schemaVersion: 2, manifests: [...manifests, entry] }),
        )
        wrote++
        await new Promise((resolve) => setTimeout(resolve, 15))
      }
    })()
    for (let n = 0; n < 5; n++)
      await sink.putManifest(image.manifest.bytes, image.manifest, { tag: `o-${n}` })
    state.over = true
    await neighbour
    const found = names(directory)
    for (let n = 0; n < 5; n++) expect(found).toContain(`o-${n}`)
    for (let n = 0; n < wrote; n++) expect(found).toContain(`n-${n}`)
  })

  it.each([
    ['DIGEST_MISMATCH', Buffer.alloc(content.length, 'another ')],
    ['SIZE_MISMATCH', content.subarray(0, -1)],
    ['SIZE_MISMATCH', Buffer.concat([content, Buffer.from('!')])],
  ])('does not publish a blob with other content: %s', async (code, wrong) => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await expect(sink.putBlob(blob, opening(wrong))).rejects.toMatchObject({ code })
    expect(await sink.hasBlob(blob)).toBe(false)
    expect(temporaries(directory)).toEqual([])
  })

  it('does not publish a blob whose source fails or whose write is cancelled', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    const broken = new WindlassError('NETWORK', 'the source is gone')
    const failing = Readable.from(
      (function* () {
        yield content.subarray(0, 1_000)
        throw broken
      })(),
      { objectMode: false },
    )
    await expect(sink.putBlob(blob, () => Promise.resolve(failing))).rejects.toBe(broken)
    const stop = new AbortController()
    const endless = new Readable({ read: () => undefined })
    const written = sink.putBlob(blob, () => Promise.resolve(endless), { signal: stop.signal })
    endless.push(content.subarray(0, 1_000))
    await expect.poll(() => temporaries(directory)).toHaveLength(1)
    stop.abort()
    await expect(written).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(endless.destroyed).toBe(true)
    expect(readdirSync(directory).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  it('overwrites a blob that has another size', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await sink.putBlob(blob, opening(content))
    writeFileSync(pathOf(directory, blob), 'cut')
    expect(await sink.hasBlob(blob)).toBe(false)
    await sink.putBlob(blob, opening(content))
    expect(readFileSync(pathOf(directory, blob)).equals(content)).toBe(true)
  })

  it('writes blobs of other digest algorithms', async () => {
    const { createHash } = await import('node:crypto')
    const digest = parseDigest(`sha512:${createHash('sha512').update(content).digest('hex')}`)
    const directory = fresh()
    await layoutSink(directory).putBlob({ ...blob, digest }, opening(content))
    expect(statSync(join(directory, 'blobs', 'sha512', hexOf(digest))).size).toBe(content.length)
  })

  it('removes the temporary files of killed processes, and not those of running ones', async () => {
    const directory = fresh()
    await put(layoutSink(directory), image, 'a')
    writeFileSync(join(directory, '.windlass-dead'), 'half a blob')
    const endless = new Readable({ read: () => undefined })
    const stop = new AbortController()
    const writing = layoutSink(directory).putBlob(blob, () => Promise.resolve(endless), {
      signal: stop.signal,
    })
    endless.push(content.subarray(0, 1_000))
    await expect.poll(() => temporaries(directory).filter((name) => !name.endsWith('dead'))).toHaveLength(1)
    await put(layoutSink(directory), image, 'b')
    expect(temporaries(directory)).toHaveLength(1)
    expect(temporaries(directory)).not.toContain('.windlass-dead')
    stop.abort()
    await expect(writing).rejects.toThrow()
  })

  it.each([['blobs'], ['blobs/sha256']])('does not follow a symbolic link at %s', async (name) => {
    const directory = fresh()
    const elsewhere = fresh()
    mkdirSync(join(elsewhere, 'sha256'), { recursive: true })
    mkdirSync(join(directory, 'blobs'), { recursive: true })
    writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    const path = join(directory, name)
    const { rmdirSync } = await import('node:fs')
    if (existsSync(path)) rmdirSync(path)
    symlinkSync(elsewhere, path)
    const sink = layoutSink(directory)
    expect(await sink.hasBlob(blob)).toBe(false)
    await expect(sink.putBlob(blob, opening(content))).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('symbolic link'),
    })
    expect(readdirSync(elsewhere)).toEqual(['sha256'])
  })

  it('replaces a symbolic link in place of a blob without following it', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await sink.putBlob(image.config, opening(image.config.bytes))
    const elsewhere = join(work, `target-${++made}`)
    writeFileSync(elsewhere, content)
    symlinkSync(elsewhere, pathOf(directory, blob))
    expect(await sink.hasBlob(blob)).toBe(false)
    await sink.putBlob(blob, opening(content))
    expect(await sink.hasBlob(blob)).toBe(true)
  })

  it('does not read the list of images through a symbolic link', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await put(sink, image, 'a')
    const { renameSync } = await import('node:fs')
    renameSync(join(directory, 'index.json'), join(directory, 'real.json'))
    symlinkSync('real.json', join(directory, 'index.json'))
    await expect(sink.putManifest(image.manifest.bytes, image.manifest, { tag: 'b' })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
    })
    await expect(sink.resolve('a')).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it.each([
    [
      'something else',
      { 'thesis.txt': 'chapter 1' },
      'STORE_CORRUPT',
      'neither empty nor an OCI image layout',
    ],
    ['a newer layout', { 'oci-layout': '{"imageLayoutVersion":"2.0.0"}' }, 'STORE_CORRUPT', '2.0.0'],
    ['a broken layout', { 'oci-layout': 'x' }, 'STORE_CORRUPT', 'not JSON'],
    ['a store', { 'windlass.json': '{"version":1}' }, 'USAGE', 'is a store of Windlass'],
    [
      'a broken list',
      { 'oci-layout': '{"imageLayoutVersion":"1.0.0"}', 'index.json': '[]' },
      'STORE_CORRUPT',
      'not a list of images',
    ],
  ])('rejects a directory with %s', async (_, files, code, says) => {
    const directory = fresh()
    mkdirSync(directory)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
    await expect(put(layoutSink(directory), image, 'a')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    })
    for (const [name, text] of Object.entries(files))
      expect(readFileSync(join(directory, name), 'utf8')).toBe(text)
  })

  it('is not created where no directory can be created, such as below a dangling link', async () => {
    const link = fresh()
    symlinkSync(fresh(), link)
    for (const directory of [join(link, 'layout'), '/proc/layout'])
      await expect(put(layoutSink(directory), image, 'a')).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('rejects a manifest whose bytes do not have its digest, such as signed schema 1', async () => {
    const directory = fresh()
    const bytes = Buffer.from('{"schemaVersion":1,"signatures":[]}')
    const descriptor = { ...blob, mediaType: mediaTypes.dockerSchema1Signed, size: bytes.length }
    await expect(layoutSink(directory).putManifest(bytes, descriptor, { tag: 'a' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
    expect(existsSync(directory)).toBe(false)
  })

  it('names the layout and the platform of an image', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    expect([sink.host, await sink.identity()]).toEqual([directory, `oci:${directory}`])
    const arm = buildImage({ layers: [], platform: { os: 'linux', architecture: 'arm64' } })
    const platform = { os: 'linux', architecture: 'arm64' }
    await sink.putManifest(arm.manifest.bytes, { ...arm.manifest, platform }, { tag: 'arm' })
    expect(list(directory).manifests).toEqual([
      {
        mediaType: arm.manifest.mediaType,
        digest: arm.manifest.digest,
        size: arm.manifest.size,
        platform,
        annotations: { 'org.opencontainers.image.ref.name': 'arm' },
      },
    ])
  })
})
