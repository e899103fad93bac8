/** Tests listing and reading files of images, from layers with and without a table of contents. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeTree } from '../../lib/archive/index.js'
import { digestOf } from '../../lib/image/index.js'
import {
  buildImage,
  buildIndex,
  type LayerEntry,
  opaque,
  putImage,
  whiteout,
} from '../../lib/testing/images/index.js'
import { faults, type RegistryOptions, type TestRegistry } from '../../lib/testing/registry/index.js'
import type { ImageFile, OpenedFile } from '../../pipelines/index.js'
import type { Windlass } from '../../puller/index.js'
import {
  image as schema2,
  putSchema1,
  repository,
  signedManifest,
} from '../../testbench/registries/schema1-registry.js'
import { encodeLayer, type TocFormat, tocFormats } from '../../testbench/toc/encode.js'
import { imageOfLayers, putEncoded } from '../../testbench/toc/encoded-layer.js'
import { recordedLayers } from '../../testbench/toc/recorded.js'
import { writeLayout } from '../support/cli/write-layout.js'
import { Workbench, asked } from '../support/workbench.js'

const bench = new Workbench()
const platform = 'linux/amd64'

/** Returns incompressible bytes that depend only on the seed. */
const noise = (bytes: number, seed: number): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(bytes / 64) }, (_, at) =>
      createHash('sha512').update(`${seed} ${at}`).digest(),
    ),
  ).subarray(0, bytes)

const base: readonly LayerEntry[] = [
  { path: 'etc/' },
  { path: 'etc/passwd', content: 'root\n', mode: 0o640, uid: 3, gid: 4, mtime: 1_700_000_000 },
  { path: 'etc/old', content: 'old' },
  { path: 'etc/link', type: 'symlink', linkTarget: '/usr/bin/tool' },
  { path: 'tmp/' },
  { path: 'tmp/a', content: 'a' },
  { path: 'usr/' },
  { path: 'usr/bin/' },
  { path: 'usr/bin/tool', content: noise(300_000, 1), mode: 0o4755 },
  { path: 'usr/bin/other', type: 'link', linkTarget: 'usr/bin/tool' },
  { path: 'usr/large', content: noise(2_000_000, 2) },
  { path: 'usr/zz', content: 'last' },
]
const top: readonly LayerEntry[] = [
  { path: 'etc/' },
  whiteout('etc/old'),
  { path: 'etc/new', content: 'new' },
  { path: 'tmp/' },
  opaque('tmp'),
  { path: 'tmp/b', content: 'b' },
]

const bytesOf = async ({ stream }: Pick<OpenedFile, 'stream'>): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
const textOf = async (windlass: Windlass, name: string, path: string, verify = false): Promise<string> =>
  (await bytesOf(await windlass.file(name, path, { platform, verify }))).toString()
const all = async (files: AsyncIterable<ImageFile>): Promise<ImageFile[]> => {
  const found: ImageFile[] = []
  for await (const each of files) found.push(each)
  return found
}

type Kind = TocFormat | 'no table'
const kinds: readonly Kind[] = [...tocFormats, 'no table']

/** A registry with the image `team/app:1` of two layers. */
async function withImage(
  kind: Kind,
  options: RegistryOptions = {},
): Promise<{ registry: TestRegistry; name: string; windlass: Windlass }> {
  const registry = await bench.registry(options)
  if (kind === 'no table')
    await putImage(registry, 'team/app', '1', buildImage({ layers: [{ entries: base }, { entries: top }] }))
  else {
    const layers = [base, top].map((entries) => encodeLayer(entries, { format: kind, chunkBytes: 50_000 }))
    putEncoded(
      registry,
      'team/app',
      '1',
      imageOfLayers(
        layers,
        layers.map(({ diffID }) => diffID),
      ),
    )
  }
  return { registry, name: `${registry.host}/team/app:1`, windlass: await bench.puller() }
}

const blobs = (registry: TestRegistry) => registry.requests.filter(({ kind }) => kind === 'blob')

describe.each(kinds)('the files of an image (%s)', (kind) => {
  it('are the files of the unpacked tree; no store is created', async () => {
    const { windlass, name } = await withImage(kind)
    const listed = await all(windlass.files(name, { platform }))
    await expect(readFile(join(windlass.store, 'index.json'))).rejects.toMatchObject({ code: 'ENOENT' })
    const directory = bench.path()
    await windlass.unpack(name, directory, { platform }).done
    const tree = (await describeTree(directory)).filter(
      ({ path }) => !['.', 'stargz.index.json'].includes(path),
    )
    const asRoot = process.geteuid?.() === 0
    expect(
      listed.map(({ path, type, mode, size, uid, gid, mtime, linkTarget, hardlink }) => ({
        ...{ path, type, mode, size, mtime, linkTarget, hardlink },
        ...(asRoot && { uid, gid }),
      })),
    ).toEqual(
      tree.map(({ path, type, mode, size, uid, gid, mtime, target, hardlink }) => ({
        ...{ path: `/${path}`, type, mode, size, mtime, linkTarget: target },
        hardlink: hardlink === undefined ? undefined : `/${hardlink}`,
        ...(asRoot && { uid, gid }),
      })),
    )
    for (const { path } of listed.filter(({ type }) => type === 'file'))
      expect([path, digestOf(await bytesOf(await windlass.file(name, path, { platform })))]).toEqual([
        path,
        digestOf(await readFile(join(directory, path))),
      ])
  })

  it('have the digest of their layer', async () => {
    const { windlass, name, registry } = await withImage(kind)
    const listed = new Map(
      (await all(windlass.files(name, { platform }))).map((each) => [each.path, each.layer]),
    )
    const digests = new Set(blobs(registry).map(({ reference }) => reference))
    expect(digests.size).toBe(2)
    expect(digests).toContain(listed.get('/etc/passwd'))
    expect(listed.get('/etc/new')).not.toBe(listed.get('/etc/passwd'))
  })

  it('can be listed below one path', async () => {
    const { windlass, name } = await withImage(kind)
    const paths = async (path: string) =>
      (await all(windlass.files(name, { platform, path }))).map((each) => each.path)
    expect(await paths('/etc')).toEqual(['/etc/link', '/etc/new', '/etc/passwd'])
    expect(await paths('tmp/../tmp/')).toEqual(['/tmp/b'])
    await expect(paths('/nope')).rejects.toMatchObject({ code: 'FILE_UNKNOWN', exitCode: 4 })
  })

  it('can be opened; a missing file causes FILE_UNKNOWN', async () => {
    const { windlass, name } = await withImage(kind)
    expect(await textOf(windlass, name, '/etc/passwd')).toBe('root\n')
    expect(await textOf(windlass, name, 'etc/new', true)).toBe('new')
    expect((await windlass.file(name, '/etc/link', { platform })).path).toBe('/usr/bin/tool')
    await expect(windlass.file(name, '/etc/old', { platform })).rejects.toMatchObject({
      code: 'FILE_UNKNOWN',
      message: expect.stringContaining('"/etc" has no "old"'),
    })
    await expect(windlass.file(name, '/etc', { platform })).rejects.toMatchObject({ code: 'NOT_A_FILE' })
  })
})

describe.each(tocFormats)('one file of a layer with a table of contents (%s)', (format) => {
  it('requests the manifest, the table and the file, and is verified', async () => {
    const { windlass, name, registry } = await withImage(format)
    const { stream, verified } = await windlass.file(name, '/etc/new', { platform })
    expect(verified).toBe(true)
    expect((await bytesOf({ stream })).toString()).toBe('new')
    expect(
      registry.requests.map(({ kind, status }) => `${kind} ${status}`).filter((each) => each !== 'ping 200'),
    ).toEqual(['manifest 200', 'blob 206', 'blob 206'])
  })

  it('requests only a few bytes of a large layer', async () => {
    const { windlass, name, registry } = await withImage(format)
    await textOf(windlass, name, '/etc/passwd')
    // Two tables of contents and one small file.
    expect(registry.bytesSent).toBeLessThan(40_000)
    expect(blobs(registry).every(({ status }) => status === 206)).toBe(true)
  })

  it.each([
    ['ranges are not served', () => faults.noRange(() => undefined)],
    ['ranges are refused with 501', () => faults.status(501, { status: 206, times: Infinity })],
    ['ranges are refused with 416', () => faults.status(416, { status: 206, times: Infinity })],
    ['another range is served', () => faults.contentRange('bytes 0-9/100', { times: Infinity })],
  ])('is read without the table if %s; the table is requested once', async (_why, fault) => {
    const { windlass, name, registry } = await withImage(format)
    registry.addFault(
      _why === 'ranges are not served' ? faults.noRange((digest) => registry.blob(digest)) : fault(),
    )
    const warnings: string[] = []
    const onWarning = (code: string): void => void warnings.push(code)
    const file = await windlass.file(name, '/usr/bin/tool', { platform, onWarning })
    expect(file.verified).toBe(false)
    expect((await bytesOf(file)).equals(noise(300_000, 1))).toBe(true)
    expect(warnings).toEqual(['toc-unusable'])
    // The other layer is so small that its table comes with it.
    expect(await textOf(windlass, name, '/etc/new')).toBe('new')
  })

  it('is read from the whole layer, with verification, if the table of contents is wrong', async () => {
    const { windlass, name, registry } = await withImage(format)
    // Only responses to range requests are wrong.
    registry.addFault(
      faults.answer((answer) =>
        answer.status === 206
          ? {
              ...answer,
              body: Buffer.from(
                answer.body.map((byte, at) => (at === answer.body.length - 100 ? byte ^ 1 : byte)),
              ),
            }
          : undefined,
      ),
    )
    const file = await windlass.file(name, '/etc/new', { platform })
    expect((await bytesOf(file)).toString()).toBe('new')
    expect(file.verified).toBe(true)
    const { layers } = await windlass.inspect(name, { platform }).then(({ image }) => image!)
    const whole = blobs(registry)
      .filter(({ status }) => status === 200)
      .map(({ reference }) => reference)
    expect(whole).toContain(layers[1]!.digest)
  })
})

describe('one file of a layer without a table of contents', () => {
  it('reads the layer only up to the end of the file', async () => {
    // At a limited rate, because the system takes megabytes from a registry on the same machine before they are read.
    const { windlass, name, registry } = await withImage('no table', { bytesPerSecond: 2_000_000 })
    const file = await windlass.file(name, '/etc/passwd', { platform })
    expect(file).toMatchObject({ verified: false, path: '/etc/passwd', size: 5, mode: 0o640, uid: 3, gid: 4 })
    expect((await bytesOf(file)).toString()).toBe('root\n')
    await windlass.close()
    expect(registry.bytesSent).toBeLessThan(1_000_000)
  })

  it('is verified if the whole layer is read', async () => {
    const { windlass, name, registry } = await withImage('no table')
    const file = await windlass.file(name, '/etc/passwd', { platform, verify: true })
    expect(file.verified).toBe(true)
    expect((await bytesOf(file)).toString()).toBe('root\n')
    expect(registry.bytesSent).toBeGreaterThan(2_300_000)
  })

  it('is not verified if another byte of the layer is wrong, even if the file is right', async () => {
    const { windlass, name, registry } = await withImage('no table')
    const { image } = await windlass.inspect(name, { platform })
    registry.addFault(faults.wrongByte(2_000_000, { reference: image!.layers[0]!.digest, times: Infinity }))
    expect(await textOf(windlass, name, '/etc/passwd')).toBe('root\n')
    await expect(textOf(windlass, name, '/etc/passwd', true)).rejects.toMatchObject({
      code: expect.stringMatching(/DIGEST_MISMATCH|LAYER_INVALID/),
    })
  })

  it('is resumed when a connection breaks', async () => {
    const { windlass, name, registry } = await withImage('no table')
    const { image } = await windlass.inspect(name, { platform })
    registry.addFault(faults.truncate(1_000_000, { reference: image!.layers[0]!.digest, nth: 1 }))
    const retrying = await bench.puller({ retries: 3 })
    expect(await textOf(retrying, name, '/usr/zz', true)).toBe('last')
  })
})

describe('the files of an image', () => {
  it.each(Object.entries(recordedLayers))('of %s are listed', async (_tool, layer) => {
    const registry = await bench.registry()
    putEncoded(registry, 'team/app', '1', imageOfLayers([layer]))
    const windlass = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const paths = (await all(windlass.files(name, { platform }))).map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['/etc/naïve ☃', '/usr/bin/tool', '/usr/lib/big.txt']))
    expect(await textOf(windlass, name, '/etc/naïve ☃')).toBe('ünï')
    expect(await textOf(windlass, name, '/bin/tool2')).toBe('#!/bin/sh\necho tool\n')
    expect(blobs(registry).every(({ status }) => status === 206)).toBe(true)
  })

  it('are read from the store without a request if it has the image', async () => {
    for (const discardBlobs of [false, true]) {
      const { windlass, name, registry } = await withImage('no table')
      const expected = await all(windlass.files(name, { platform }))
      await windlass.pull(name, { platform, discardBlobs, whiteouts: 'aufs' }).done
      const before = asked(registry).length
      const stored = await all(windlass.files(name, { platform }))
      const shown = ({ path, type, size, mode, hardlink, layer }: ImageFile) => ({
        path,
        type,
        size,
        mode,
        hardlink,
        layer,
      })
      expect(stored.map(shown)).toEqual(expected.map(shown))
      expect(await textOf(windlass, name, '/etc/passwd')).toBe('root\n')
      expect((await bytesOf(await windlass.file(name, '/usr/bin/other', { platform }))).length).toBe(300_000)
      expect(asked(registry)).toHaveLength(before)
    }
  })

  it('cannot be verified from a tree, so `verify` reads the image from its source', async () => {
    const { windlass, name, registry } = await withImage('no table')
    await windlass.pull(name, { platform, discardBlobs: true }).done
    const before = blobs(registry).length
    expect(await windlass.file(name, '/etc/passwd', { platform })).toMatchObject({ verified: false })
    expect(blobs(registry)).toHaveLength(before)
    const file = await windlass.file(name, '/etc/passwd', { platform, verify: true })
    expect(file.verified).toBe(true)
    expect((await bytesOf(file)).toString()).toBe('root\n')
    expect(blobs(registry).length).toBeGreaterThan(before)
  })

  it('are those of the requested platform of an index', async () => {
    const registry = await bench.registry()
    const of = (architecture: string) =>
      buildImage({ layers: [{ entries: [{ path: architecture }] }], platform: { os: 'linux', architecture } })
    await putImage(registry, 'team/app', '1', buildIndex([of('amd64'), of('arm64')]))
    const windlass = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const paths = async (wanted: string) =>
      (await all(windlass.files(name, { platform: wanted }))).map(({ path }) => path)
    expect(await paths('linux/amd64')).toEqual(['/amd64'])
    expect(await paths('linux/arm64')).toEqual(['/arm64'])
    await expect(paths('linux/s390x')).rejects.toMatchObject({ code: 'PLATFORM_UNMATCHED' })
    const missing = windlass.file(`${registry.host}/team/app:2`, '/x', { platform })
    await expect(missing).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
  })

  it('are read from the layout of an image in a layout', async () => {
    const directory = bench.path()
    await writeLayout(directory, buildImage({ layers: [{ entries: base }, { entries: top }] }), 'app')
    const windlass = await bench.puller()
    expect(await textOf(windlass, `oci:${directory}:app`, '/etc/new', true)).toBe('new')
    const paths = (await all(windlass.files(`oci:${directory}`, { platform, path: '/tmp' }))).map(
      ({ path }) => path,
    )
    expect(paths).toEqual(['/tmp/b'])
  })

  it('of a schema 1 image are those of its layers, whose sizes are requested', async () => {
    const registry = await bench.registry()
    putSchema1(registry, signedManifest)
    await putImage(registry, 'library/new', 'latest', schema2)
    const windlass = await bench.puller()
    const shown = async (name: string) =>
      (await all(windlass.files(`${registry.host}/${name}`, { platform }))).map(({ path, size }) => [
        path,
        size,
      ])
    const listed = await shown(repository)
    expect(listed.length).toBeGreaterThan(1)
    expect(listed).toEqual(await shown('library/new:latest'))
  })

  it('are not read further when the signal aborts; the puller then closes', async () => {
    const { windlass, name, registry } = await withImage('no table')
    const early = windlass.file(name, '/usr/zz', { platform, signal: AbortSignal.abort() })
    await expect(early).rejects.toMatchObject({ code: 'CANCELLED' })
    const stop = new AbortController()
    const { stream } = await windlass.file(name, '/usr/large', { platform, signal: stop.signal })
    const reading = bytesOf({ stream })
    stop.abort()
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
    registry.addFault(faults.slow(60_000, { kind: 'manifest', times: Infinity }))
    const listing = all(windlass.files(name, { platform }))
    const listed = expect(listing).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => registry.appliedFaults).toContain('slow')
    await windlass.close({ within: 10_000 })
    await listed
  })

  it('do not keep the puller open if the reader stops or never reads the stream', async () => {
    const { windlass, name } = await withImage('no table')
    for await (const file of windlass.files(name, { platform })) {
      expect(file.path).toBe('/etc')
      break
    }
    const unread = await windlass.file(name, '/usr/large', { platform })
    await windlass.close({ within: 10_000 })
    expect(unread.stream.destroyed).toBe(true)
  })
})
