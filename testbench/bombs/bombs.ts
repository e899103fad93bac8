/** Defines images that exhaust the resources of a puller without limits, although few bytes are transferred. */
import { createHash, type Hash } from 'node:crypto'
import zlib, { createGzip, gzipSync } from 'node:zlib'
import { openUnzstd } from '../../lib/system/index.js'
import { type Digest, digestOf, mediaTypes, parseDigest } from '../../lib/image/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import { archive, header } from '../archives/archive.js'
import { sparseFormats } from '../archives/sparse-writers.js'

export interface Bomb {
  readonly name: string
  /** Puts the image into the registry as `bomb:1`. */
  install(registry: TestRegistry): void | Promise<void>
  /** Text that the error must contain, usually the name of a limit; undefined if the pull must succeed. */
  readonly limit?: string
  /** Exit code of the refusal. Default: 5. */
  readonly exit?: number
  /** Options of the command line. */
  readonly options?: readonly string[]
  /** Number of repeated elements, for the report: the time per element must not grow with it. */
  readonly units: number
  /** Whether every run of the tests pulls it: one of each kind that is quick to make. */
  readonly inTests?: true
}

interface Layer {
  readonly blob: Buffer
  readonly diffID: Digest
  readonly mediaType: string
}

/** Puts an image of one layer into the registry as `bomb:1`. */
function putBombImage(registry: TestRegistry, { blob, diffID, mediaType }: Layer): void {
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [diffID] } }),
  )
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: registry.putBlob(config), size: config.length },
    layers: [{ mediaType, digest: registry.putBlob(blob), size: blob.length }],
  }
  registry.putManifest('bomb', '1', Buffer.from(JSON.stringify(manifest)), mediaTypes.ociManifest)
}

const GiB = 2 ** 30
const sha256 = (hash: Hash): Digest => parseDigest(`sha256:${hash.digest('hex')}`)

/** Returns `bytes` zeros as gzip, with one member per 64 MiB. The diffID is correct only if `isHashed`. */
function gzipOfZeros(bytes: number, isHashed = true): Layer {
  const chunk = Buffer.alloc(2 ** 26)
  const member = gzipSync(chunk)
  const hash = createHash('sha256')
  for (let at = 0; isHashed && at < bytes; at += chunk.length) hash.update(chunk)
  const blob = Buffer.concat(Array.from({ length: bytes / chunk.length }, () => member))
  return { blob, diffID: sha256(hash), mediaType: mediaTypes.ociLayerGzip }
}

/**
 * Returns `bytes` zeros as zstd, in RLE blocks (one repeated byte) of 128 KiB, with `blocks` blocks per frame and
 * windows of `2 ** (10 + exponent)` bytes. The diffID is wrong.
 */
function zstdOfZeros(bytes: number, exponent = 11, blocks = Infinity): Layer {
  const start = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3])
  const block = (last: number): Buffer => {
    const head = Buffer.alloc(4)
    head.writeUIntLE(((128 * 1024) << 3) | 2 | last, 0, 3)
    return head
  }
  const count = bytes / (128 * 1024)
  const isLast = (at: number): boolean => at === count - 1 || at % blocks === blocks - 1
  const blob = Buffer.concat(
    Array.from({ length: count }, (_, at) => [
      ...(at === 0 || isLast(at - 1) ? [start] : []),
      block(isLast(at) ? 1 : 0),
    ]).flat(),
  )
  return { blob, diffID: digestOf(blob), mediaType: mediaTypes.ociLayerZstd }
}

/**
 * Returns a file of `bytes` bytes as zstd, each byte in its own block, with windows of `2 ** (10 + exponent)` bytes.
 * The blocks are distributed over `frames` frames.
 */
function zstdOfSingleBytes(bytes: number, exponent: number, frames = 1): Layer {
  const tar = archive(
    header({ name: 'a', size: bytes }),
    Buffer.alloc(bytes, 'x'),
    Buffer.alloc(-bytes & 511),
  )
  const start = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3])
  const each = Math.ceil(tar.length / frames)
  const blob: Buffer[] = []
  for (let at = 0; at < tar.length; at++) {
    if (at % each === 0) blob.push(start)
    const last = at % each === each - 1 || at === tar.length - 1
    blob.push(Buffer.from([(1 << 3) | (last ? 1 : 0), 0, 0, tar[at] ?? 0]))
  }
  return { blob: Buffer.concat(blob), diffID: digestOf(tar), mediaType: mediaTypes.ociLayerZstd }
}

/** Limit for blocks of one byte. It applies only without a native zstd decoder, for which such blocks are cheap. */
const singleByteLimit: Pick<Bomb, 'limit'> =
  'createZstdDecompress' in zlib || hasLibzstd() ? {} : { limit: 'freeMoves' }

function hasLibzstd(): boolean {
  const unzstd = openUnzstd()
  unzstd?.close()
  return unzstd !== undefined
}

/** Compresses an archive with gzip while it is generated. */
async function gzipOf(parts: Iterable<Buffer>): Promise<Layer> {
  const hash = createHash('sha256')
  const gzip = createGzip({ level: 1 })
  const blob: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => blob.push(chunk))
  const ended = new Promise((resolve) => gzip.once('end', resolve))
  for (const part of parts) {
    hash.update(part)
    if (!gzip.write(part)) await new Promise((resolve) => gzip.once('drain', resolve))
  }
  gzip.end()
  await ended
  return { blob: Buffer.concat(blob), diffID: sha256(hash), mediaType: mediaTypes.ociLayerGzip }
}

/** Yields `count` empty files or directories in chunks of `each`, with 1,000 entries per directory. */
function* entryHeaders(count: number, flag: '0' | '5', each: number): Generator<Buffer> {
  for (let i = 0; i < count; i += each) {
    const names = Array.from(
      { length: Math.min(each, count - i) },
      (_, k) => `d${Math.floor((i + k) / 1000)}/e${i + k}`,
    )
    yield Buffer.concat(names.map((name) => header({ name, flag, mode: flag === '5' ? 0o755 : 0o644 })))
  }
  yield Buffer.alloc(1024)
}

/** Yields an archive with a pax header of `bytes` bytes. */
function* largePaxHeader(bytes: number): Generator<Buffer> {
  yield header({ flag: 'x', name: 'PaxHeaders/a', size: bytes })
  for (let at = 0; at < bytes; at += 2 ** 20) yield Buffer.alloc(2 ** 20, '0')
  yield archive(header({ name: 'a' }))
}

/** Yields an archive of `count` directories, each in the previous one. */
function* nestedDirectories(count: number): Generator<Buffer> {
  for (let depth = 1; depth <= count; depth++) {
    const name = 'd/'.repeat(depth)
    yield Buffer.concat([
      header({ flag: 'L', name: '././@LongLink', magic: 'gnu', size: name.length + 1 }),
      padToBlock(`${name}\0`),
    ])
    yield header({ flag: '5', name: 'd/', mode: 0o755, magic: 'gnu' })
  }
  yield Buffer.alloc(1024)
}

/** Yields an archive of `count` files, each in its own chain of `depth` directories. */
function* directoryChains(count: number, depth: number): Generator<Buffer> {
  for (let i = 0; i < count; i++) {
    const name = `c${i}${'/d'.repeat(depth)}`
    const long = header({ flag: 'L', name: '././@LongLink', magic: 'gnu', size: name.length + 1 })
    yield Buffer.concat([long, padToBlock(`${name}\0`), header({ name: 'a', magic: 'gnu' })])
  }
  yield Buffer.alloc(1024)
}

const padToBlock = (text: string): Buffer =>
  Buffer.concat([Buffer.from(text), Buffer.alloc(-text.length & 511)])

const uncompressedLayer = (tar: Buffer): Layer => ({
  blob: tar,
  diffID: digestOf(tar),
  mediaType: mediaTypes.ociLayer,
})

/** Serves `body` as the manifest of `bomb:1`. */
const serveManifest = (
  registry: TestRegistry,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): void =>
  registry.hook(({ kind, reference }) =>
    kind === 'manifest' && reference === '1'
      ? { status: 200, headers: { 'content-type': mediaTypes.ociManifest, ...headers }, body }
      : undefined,
  )

/** Returns a function that installs an image of one layer, which `make` returns. */
const installLayer =
  (make: () => Layer | Promise<Layer>): Bomb['install'] =>
  async (registry) =>
    putBombImage(registry, await make())

export const bombs: readonly Bomb[] = [
  {
    name: 'an empty layer, for comparison',
    inTests: true,
    install: installLayer(() => uncompressedLayer(archive())),
    units: 1,
  },
  {
    name: '8 GiB of zeros in gzip',
    install: installLayer(() => gzipOfZeros(8 * GiB, false)),
    limit: 'layerRatio',
    units: 1,
  },
  {
    name: '2 GiB of zeros in gzip, without a ratio limit',
    install: installLayer(() => gzipOfZeros(2 * GiB)),
    options: ['--limit', 'layerRatio=none'],
    units: 2,
  },
  {
    name: '8 GiB of zeros in gzip, without a ratio limit',
    install: installLayer(() => gzipOfZeros(8 * GiB)),
    options: ['--limit', 'layerRatio=none'],
    units: 8,
  },
  {
    name: '8 GiB of zeros in gzip, with a limit of 4 GiB',
    install: installLayer(() => gzipOfZeros(8 * GiB, false)),
    options: ['--limit', 'layerRatio=none,layerBytes=4G'],
    limit: 'layerBytes',
    units: 4,
  },
  {
    name: '8 GiB of zeros in zstd',
    inTests: true,
    install: installLayer(() => zstdOfZeros(8 * GiB)),
    limit: 'layerRatio',
    units: 1,
  },
  {
    name: 'zstd with one byte per block',
    install: installLayer(() => zstdOfSingleBytes(1_000_000, 11)),
    ...singleByteLimit,
    units: 1,
  },
  {
    name: 'zstd with one byte per frame, each frame with a window of 32 MiB',
    inTests: true,
    install: installLayer(() => zstdOfSingleBytes(1_000, 15, 1_000)),
    ...singleByteLimit,
    units: 1,
  },
  {
    name: '8 GiB of zeros in zstd with a window of 128 MiB',
    install: installLayer(() => zstdOfZeros(8 * GiB, 17)),
    limit: 'layerRatio',
    units: 1,
  },
  {
    name: 'zstd with 16 MiB of zeros per frame, each frame with a window of 32 MiB',
    install: installLayer(() => zstdOfZeros(2 * GiB, 15, 128)),
    limit: 'layerRatio',
    ...singleByteLimit,
    units: 1,
  },
  {
    name: 'a pax header of 64 MiB',
    inTests: true,
    install: installLayer(() => gzipOf(largePaxHeader(2 ** 26))),
    limit: 'headerBytes',
    units: 1,
  },
  {
    name: 'a sparse file of 1 TiB',
    inTests: true,
    install: installLayer(() =>
      uncompressedLayer(archive(sparseFormats.pax10([{ offset: 2 ** 39, bytes: 'x' }], 2 ** 40))),
    ),
    limit: 'sparseFileBytes',
    units: 1,
  },
  {
    name: '250,000 files',
    install: installLayer(() => gzipOf(entryHeaders(250_000, '0', 1000))),
    units: 200_000,
  },
  {
    name: '1,000,000 files',
    install: installLayer(() => gzipOf(entryHeaders(1_000_000, '0', 1000))),
    units: 1_000_000,
  },
  {
    name: '1,000,000 files, with a limit of 999,999',
    install: installLayer(() => gzipOf(entryHeaders(1_000_000, '0', 1000))),
    options: ['--limit', 'layerEntries=999999'],
    limit: 'layerEntries',
    units: 1_000_000,
  },
  {
    name: '75,000 directories',
    inTests: true,
    install: installLayer(() => gzipOf(entryHeaders(75_000, '5', 1000))),
    units: 75_000,
  },
  {
    name: '1,000,000 directories',
    install: installLayer(() => gzipOf(entryHeaders(1_000_000, '5', 1000))),
    limit: 'layerDirectories',
    units: 80_000,
  },
  {
    name: '1,000 entries of 250 new directories each',
    install: installLayer(() => gzipOf(directoryChains(1_000, 250))),
    limit: 'layerDirectories',
    units: 80_000,
  },
  { name: '750 directory levels', install: installLayer(() => gzipOf(nestedDirectories(750))), units: 750 },
  {
    name: '1,500 directory levels',
    inTests: true,
    install: installLayer(() => gzipOf(nestedDirectories(1_500))),
    units: 1_500,
  },
  {
    name: '2,100 directory levels, more than fit into a path on Linux',
    install: installLayer(() => gzipOf(nestedDirectories(2_100))),
    limit: 'longer than 4095 bytes',
    units: 2_000,
  },
  {
    name: '1,500 directory levels, with a limit of 256',
    install: installLayer(() => gzipOf(nestedDirectories(1_500))),
    options: ['--limit', 'pathDepth=256'],
    limit: 'pathDepth',
    units: 256,
  },
  {
    name: 'a gzip-encoded manifest of 1 GiB',
    install: (registry) =>
      serveManifest(registry, { 'content-encoding': 'gzip' }, gzipOfZeros(GiB, false).blob),
    limit: 'Content-Encoding',
    exit: 6,
    units: 1,
  },
  {
    name: 'a manifest of 64 MiB with Content-Length',
    install: (registry) => serveManifest(registry, {}, Buffer.alloc(2 ** 26, ' ')),
    limit: 'manifestBytes',
    units: 1,
  },
  {
    name: 'a manifest of 64 MiB in chunks',
    inTests: true,
    install: (registry) =>
      serveManifest(registry, { 'transfer-encoding': 'chunked' }, Buffer.alloc(2 ** 26, ' ')),
    limit: 'manifestBytes',
    units: 1,
  },
]
