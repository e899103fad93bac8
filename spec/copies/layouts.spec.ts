/** Copies to and from layouts, also of random images and indexes. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../lib/image/index.js'
import { layoutSink } from '../../lib/sinks/index.js'
import { layoutSource } from '../../lib/sources/index.js'
import {
  type BuiltImage,
  type BuiltIndex,
  type TestRegistry,
  buildImage,
  buildIndex,
  putImage,
} from '../../lib/testing/index.js'
import { amd, arm, between, index, platform, served } from '../support/copies.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

describe('a copy to and from a layout', () => {
  const work = temporaryDirectory()

  it('can be copied back, and is the same', () =>
    between(async ({ from, to, copy }) => {
      const directory = join(work, 'there')
      const sink = layoutSink(directory)
      const target = { name: `oci:${directory}:all`, sink, tag: 'all' }
      const { image: there } = await copy('all', { allPlatforms: true, target })
      expect(there).toMatchObject({ digest: index.manifest.digest, status: 'newer', blobs: { copied: 5 } })
      const back = await copy('all', { allPlatforms: true, source: layoutSource(directory) })
      expect(back.image.digest).toBe(index.manifest.digest)
      expect(await served(to, 'all')).toEqual(await bytesAt(from, 'all'))
    }))

  it('is up to date the second time, and mends what is missing', () =>
    between(async ({ copy }) => {
      const directory = join(work, 'mended')
      const target = { name: 'layout', sink: layoutSink(directory), tag: 'all' }
      await copy('all', { allPlatforms: true, target })
      const again_ = await copy('all', { allPlatforms: true, target })
      expect(again_.image).toMatchObject({ status: 'up-to-date', blobs: { copied: 0, exists: 5 } })
      const blobs = join(directory, 'blobs', 'sha256')
      const before = readdirSync(blobs).toSorted()
      rmSync(join(blobs, hexOf(amd.layers[1]!.digest)))
      writeFileSync(join(blobs, hexOf(arm.config.digest)), '')
      rmSync(join(blobs, hexOf(arm.manifest.digest)))
      const mended = await copy('all', { allPlatforms: true, target })
      expect(mended.image).toMatchObject({ status: 'newer', blobs: { copied: 2, exists: 3 } })
      expect(readdirSync(blobs).toSorted()).toEqual(before)
      expect(readFileSync(join(blobs, hexOf(arm.manifest.digest)))).toEqual(arm.manifest.bytes)
    }))
})

const bytesAt = async ({ url }: TestRegistry, tag: string): Promise<Buffer> =>
  Buffer.from(await (await fetch(`${url}/v2/team/app/manifests/${tag}`)).arrayBuffer())

describe('random images and indexes', () => {
  const work = temporaryDirectory()
  const anyImage = fc
    .record({
      parts: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
      format: fc.constantFrom('oci' as const, 'docker' as const),
      compression: fc.constantFrom('gzip' as const, 'none' as const, 'zstd' as const),
      architecture: fc.constantFrom('amd64', 'arm64', 's390x'),
    })
    .map(({ parts, format, compression, architecture }): BuiltImage =>
      buildImage({
        ...{ format, compression, platform: platform(architecture) },
        layers: parts.map((part) => ({ entries: [{ path: part, content: part.repeat(1_000) }] })),
      }),
    )
  const { any } = fc.letrec<{ any: BuiltImage | BuiltIndex }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 1, withCrossShrink: true },
      anyImage,
      fc
        .record({
          children: fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
          format: fc.constantFrom('oci' as const, 'docker' as const),
        })
        .map(({ children, format }) => buildIndex(children, { format })),
    ),
  }))

  /** Every document of an image or an index. */
  const documents = (built: BuiltImage | BuiltIndex): BuiltImage['manifest'][] =>
    'children' in built ? [...built.children.flatMap(documents), built.manifest] : [built.manifest]
  const blobs = (built: BuiltImage | BuiltIndex): [string, Buffer][] =>
    'children' in built ? built.children.flatMap(blobs) : [...built.blobs]

  it('are equal byte for byte after a copy there and back', () =>
    between(async ({ from, to, copy }) => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(any, async (built) => {
          const tag = `run-${++run}`
          await putImage(from, 'team/app', tag, built)
          const directory = join(work, tag)
          const target = { name: 'layout', sink: layoutSink(directory), tag }
          await copy(tag, { allPlatforms: true, target })
          await copy(tag, { allPlatforms: true, source: layoutSource(directory) })
          for (const { digest, bytes } of documents(built)) expect(await served(to, digest)).toEqual(bytes)
          expect(await served(to, tag)).toEqual(built.manifest.bytes)
          for (const [digest, bytes] of blobs(built)) expect(to.blob(digest)).toEqual(bytes)
        }),
        { numRuns: 12 },
      )
    }))
})
