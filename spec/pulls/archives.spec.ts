/** Pulls of several images of one archive, which share what the archive is decompressed to. */
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { buildImage, buildIndex } from '../../lib/testing/images/index.js'
import { open } from '../../puller/index.js'
import { type ArchiveEntry, archiveOf } from '../support/archive/image-archive.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const directory = temporaryDirectory()

const imageFor = (architecture: string, size: number) =>
  buildImage({
    layers: [{ entries: [{ path: architecture, content: Buffer.alloc(size, architecture) }] }],
    compression: 'none',
    platform: { os: 'linux', architecture },
  })

/** Unnamed files that this process has open. */
const unnamedFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.endsWith('(deleted)') ? [path] : []
    } catch {
      return [] // the descriptor of the directory itself
    }
  })

it('all platforms of a compressed archive are pulled, and its decompressed copy is closed after the last one', async () => {
  const images = [imageFor('amd64', 10), imageFor('arm64', 20_000_000), imageFor('s390x', 30_000_000)]
  const index = buildIndex(images)
  const { digest, mediaType, bytes } = index.manifest
  const annotations = { 'org.opencontainers.image.ref.name': 'all' }
  const blobs = images.flatMap(({ manifest, config, layers }) => [manifest, config, ...layers])
  const entries: ArchiveEntry[] = [
    ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
    [
      'index.json',
      JSON.stringify({
        schemaVersion: 2,
        manifests: [{ digest, mediaType, size: bytes.length, annotations }],
      }),
    ],
    ...[index.manifest, ...blobs].map(
      (blob) => [`blobs/${blob.digest.replace(':', '/')}`, blob.bytes] as const,
    ),
  ]
  const file = join(directory, 'all.tar.gz')
  writeFileSync(file, gzipSync(await archiveOf(entries)))

  await using windlass = await open({ store: join(directory, 'store') })
  const before = unnamedFiles()
  const set = windlass.pullAllPlatforms(`oci-archive:${file}:all`)
  const { images: pulled } = await set.done
  await set.closed()
  expect(pulled.map(({ manifestDigest }) => manifestDigest).sort()).toEqual(
    images.map(({ manifest }) => manifest.digest).sort(),
  )
  expect(unnamedFiles()).toEqual(before)
  expect(await windlass.verify()).toMatchObject({ problems: [] })
})
