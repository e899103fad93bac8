/** Tests which image of a layout a name selects. */
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WindlassError } from '../../../lib/errors.js'
import { digestOf, hexOf, mediaTypes, referrersTag } from '../../../lib/image/index.js'
import { LayoutSink } from '../../../lib/sinks/index.js'
import { LayoutSource } from '../../../lib/sources/index.js'
import { type BuiltImage, tinyImage } from '../../../lib/testing/images/index.js'
import { all, artifact, spdx } from '../../support/artifacts.js'

const amd = tinyImage()
const arm = tinyImage({ platform: { os: 'linux', architecture: 'arm64' } })

let work: string
beforeAll(async () => (work = await mkdtemp(path.join(tmpdir(), 'windlass-layout-'))))
afterAll(() => rm(work, { recursive: true }))

let made = 0
/** Creates a layout whose index lists the images under their names, in the given order. */
async function layout(...entries: readonly (readonly [BuiltImage, string?])[]): Promise<LayoutSource> {
  const directory = path.join(work, String(++made))
  await mkdir(path.join(directory, 'blobs', 'sha256'), { recursive: true })
  const manifests = entries.map(([{ manifest }, name]) => ({
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    ...(name !== undefined && { annotations: { 'org.opencontainers.image.ref.name': name } }),
  }))
  for (const [{ manifest }] of entries)
    await writeFile(path.join(directory, 'blobs', 'sha256', hexOf(manifest.digest)), manifest.bytes)
  await writeFile(path.join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  await writeFile(path.join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  return new LayoutSource(directory)
}

const two = () => layout([amd, 'app:1'], [arm])

describe('a part of a blob', () => {
  it('is read from its offset, up to the end of the blob', async () => {
    const source = await layout([amd])
    const { bytes } = amd.manifest
    for (const [offset, length] of [
      [0, 1],
      [10, 20],
      [bytes.length - 1, 1],
      [3, 0],
      [bytes.length - 5, 99],
    ] as const) {
      const body = await source.blob(amd.manifest, { offset, length })
      expect(body).toMatchObject({ offset, size: bytes.length })
      const read: Buffer[] = []
      for await (const chunk of body.stream as AsyncIterable<Buffer>) read.push(chunk)
      expect(Buffer.concat(read).equals(bytes.subarray(offset, offset + length))).toBe(true)
    }
  })
})

describe('an image in a layout', () => {
  it.each([
    ['by its name', 'app:1', amd],
    ['by its position, the first', '@0', amd],
    ['by its position, the second, which has no name', '@1', arm],
  ])('is found %s', async (_, target, { manifest }) => {
    expect((await (await two()).manifest(target)).bytes).toEqual(manifest.bytes)
  })

  it('is selected without a name if it is the only one, even with two names', async () => {
    expect((await (await layout([arm, 'a'])).manifest('')).bytes).toEqual(arm.manifest.bytes)
    expect((await (await layout([arm, 'a'], [arm, 'b'], [arm])).manifest('')).bytes).toEqual(
      arm.manifest.bytes,
    )
    expect((await (await layout([arm, 'a'], [arm, 'a'])).manifest('a')).bytes).toEqual(arm.manifest.bytes)
  })

  it.each([
    ['two images where one is wanted', '', ' has 2 images: select one by its position'],
    ['a name that is not there', 'app:2', ' has no image "app:2"'],
    ['a position beyond the last', '@2', ' has no image "@2"'],
  ])('is an error for %s, with a list of all images', async (_, target, message) => {
    await expect((await two()).manifest(target)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: expect.stringContaining(message) as string,
      hint: 'Images in the layout: @0 "app:1", @1.',
    })
  })

  it('is listed in errors up to a maximum number, without terminal control characters', async () => {
    const many = await layout(
      ...Array.from({ length: 25 }, (_, at) => [at % 2 ? amd : arm, `\u009b${at}`] as const),
    )
    const error: unknown = await many.manifest('').catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      hint: expect.stringMatching(
        /^Images in the layout: @0 "\\u\{9b\}0", .*, @19 "\\u\{9b\}19", and 5 more\.$/,
      ) as string,
    })
    await expect((await layout()).manifest('')).rejects.toMatchObject({ hint: 'The layout is empty.' })
  })
})

describe('a layout from outside', () => {
  const layoutAt = async (): Promise<{ readonly directory: string; readonly source: LayoutSource }> => {
    const source = await layout([amd, 'one'])
    return { directory: source.host, source }
  }
  const refusal = (work: () => Promise<unknown>): Promise<WindlassError> =>
    work().then(
      () => {
        throw new Error('expected a refusal')
      },
      (error: unknown) => error as WindlassError,
    )

  it.each([
    ['a FIFO', (file: string) => execFileSync('mkfifo', [file])],
    ['a device', (file: string) => symlinkSync('/dev/zero', file)],
    ['a link to a file of this machine', (file: string) => symlinkSync('/etc/passwd', file)],
    ['a directory', (file: string) => mkdirSync(file)],
    [
      'terabytes of spaces',
      (file: string) => {
        writeFileSync(file, '')
        truncateSync(file, 2 ** 41)
      },
    ],
    [
      'nested 100,000 levels deep',
      (file: string) => writeFileSync(file, `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    ],
  ])(
    'is rejected immediately if its index.json or oci-layout is %s, without quoting it',
    async (_what, make) => {
      for (const name of ['index.json', 'oci-layout']) {
        const { directory, source } = await layoutAt()
        rmSync(path.join(directory, name), { force: true })
        make(path.join(directory, name))
        if (name === 'oci-layout' && statSync(path.join(directory, name)).isFile()) continue
        const begun = performance.now()
        const error = await refusal(() => source.manifest('one'))
        expect(['MANIFEST_UNKNOWN', 'MANIFEST_INVALID']).toContain(error.code)
        expect(error.message).not.toContain('root:')
        expect(performance.now() - begun).toBeLessThan(10_000)
      }
    },
  )

  it('is not read through a symbolic link at blobs, at the algorithm or at the blob', async () => {
    for (const link of ['blobs', 'blobs/sha256', `blobs/sha256/${hexOf(amd.manifest.digest)}`]) {
      const { directory, source } = await layoutAt()
      renameSync(path.join(directory, link), path.join(directory, 'elsewhere'))
      symlinkSync(path.join(directory, 'elsewhere'), path.join(directory, link))
      for (const work of [() => source.manifest('one'), () => source.blobSize(amd.manifest.digest)]) {
        const error = await refusal(work)
        expect(error.code).toBe('BLOB_UNKNOWN')
        expect(error.message).toContain('is a symbolic link')
      }
    }
  })

  it('returns a manifest of exactly the maximum size, and a blob from the requested offset', async () => {
    const source = await two()
    const { bytes, digest } = amd.manifest
    expect((await source.manifest('@0', { maxBytes: bytes.length })).bytes).toEqual(bytes)
    await expect(source.manifest('@0', { maxBytes: bytes.length - 1 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
    expect(await source.blobSize(digest)).toBe(bytes.length)
    const descriptor = { mediaType: 'x', digest, size: bytes.length }
    for (const offset of [0, 7]) {
      const { stream, offset: from } = await source.blob(descriptor, { offset })
      const chunks: Buffer[] = []
      for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
      expect([from, Buffer.concat(chunks)]).toEqual([offset, bytes.subarray(offset)])
    }
  })

  it('rejects an unusable entry only if it is selected', async () => {
    const { directory, source } = await layoutAt()
    const file = path.join(directory, 'index.json')
    const { manifests } = JSON.parse(readFileSync(file, 'utf8')) as { manifests: object[] }
    const named = (name: string) => ({ annotations: { 'org.opencontainers.image.ref.name': name } })
    const foreign = { ...manifests[0], digest: `blake3:${'a'.repeat(64)}`, ...named('foreign') }
    writeFileSync(file, JSON.stringify({ manifests: [foreign, ...manifests, { ...named('empty') }] }))
    expect((await source.manifest('one')).descriptor?.digest).toBe(amd.manifest.digest)
    expect((await source.manifest('@1')).descriptor?.digest).toBe(amd.manifest.digest)
    expect((await refusal(() => source.manifest('foreign'))).code).toBe('UNSUPPORTED')
    expect((await refusal(() => source.manifest('@0'))).code).toBe('UNSUPPORTED')
    expect((await refusal(() => source.manifest('empty'))).code).toBe('MANIFEST_INVALID')
  })
})

describe('the referrers in a layout', () => {
  const sbom = artifact(amd.manifest.digest, 'an SBOM')

  /** A layout with an image and an artifact, as `LayoutSink` writes them. */
  async function signed(): Promise<LayoutSource> {
    const directory = path.join(work, String(++made))
    const sink = new LayoutSink(directory)
    await sink.putManifest(amd.manifest.bytes, descriptorOf(amd), { tag: 'app' })
    await sink.putReferrer(sbom.bytes, sbom.descriptor, amd.manifest.digest)
    return new LayoutSource(directory)
  }
  const descriptorOf = ({ manifest: { mediaType, digest, bytes } }: BuiltImage) => ({
    ...{ mediaType, digest, size: bytes.length },
  })

  it('are found by their subject, and are not images of their own', async () => {
    const source = await signed()
    const found = (await all(source.referrers(amd.manifest.digest))).flat()
    expect(found).toMatchObject([{ digest: sbom.descriptor.digest, artifactType: spdx }])
    expect((await all(source.referrers(arm.manifest.digest))).flat()).toEqual([])
    expect((await source.manifest('')).descriptor?.digest).toBe(amd.manifest.digest)
  })

  it('are found in the index that is named after the image', async () => {
    const source = await signed()
    const manifests = [arm, amd].map(descriptorOf)
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))
    const about = { mediaType: mediaTypes.ociIndex, digest: digestOf(index), size: index.length }
    const tag = referrersTag(amd.manifest.digest)
    await new LayoutSink(source.directory).putManifest(index, about, { tag })
    expect((await all(source.referrers(amd.manifest.digest))).flat()).toHaveLength(3)
    expect((await source.manifest('')).descriptor?.digest).toBe(amd.manifest.digest)
  })
})
