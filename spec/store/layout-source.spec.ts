/** Which image of a layout a name means. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hexOf } from '../../lib/image/index.js'
import { LayoutSource } from '../../lib/store/index.js'
import { type BuiltImage, tinyImage } from '../../lib/testing/images/index.js'

const amd = tinyImage()
const arm = tinyImage({ platform: { os: 'linux', architecture: 'arm64' } })

let work: string
beforeAll(async () => (work = await mkdtemp(path.join(tmpdir(), 'windlass-layout-'))))
afterAll(() => rm(work, { recursive: true }))

let made = 0
/** A layout whose index lists these images by these names, in this order. */
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

describe('an image in a layout', () => {
  it.each([
    ['by its name', 'app:1', amd],
    ['by its position, the first', '@0', amd],
    ['by its position, the second, which has no name', '@1', arm],
  ])('is found %s', async (_, target, { manifest }) => {
    expect((await (await two()).manifest(target)).bytes).toEqual(manifest.bytes)
  })

  it('is the only one where nothing is said, also under two names', async () => {
    expect((await (await layout([arm, 'a'])).manifest('')).bytes).toEqual(arm.manifest.bytes)
    expect((await (await layout([arm, 'a'], [arm, 'b'], [arm])).manifest('')).bytes).toEqual(
      arm.manifest.bytes,
    )
    expect((await (await layout([arm, 'a'], [arm, 'a'])).manifest('a')).bytes).toEqual(arm.manifest.bytes)
  })

  it.each([
    ['two images where one is wanted', '', '2 images fit'],
    ['a name that is not there', 'app:2', 'there is no such image'],
    ['a position beyond the last', '@2', 'there is no such image'],
  ])('is an error for %s, which lists what there is', async (_, target, message) => {
    await expect((await two()).manifest(target)).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: expect.stringContaining(message) as string,
      hint: 'The layout has @0 "app:1", @1.',
    })
  })

  it('lists no more than can be read, and nothing that steers a terminal', async () => {
    const many = await layout(
      ...Array.from({ length: 25 }, (_, at) => [at % 2 ? amd : arm, `\u009b${at}`] as const),
    )
    const error: unknown = await many.manifest('').catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      hint: expect.stringMatching(
        /^The layout has @0 "\\u\{9b\}0", .*, @19 "\\u\{9b\}19", and 5 more\.$/,
      ) as string,
    })
    await expect((await layout()).manifest('')).rejects.toMatchObject({ hint: 'The layout has no images.' })
  })
})
