/**
 * Writes images as one tar archive that is an OCI image layout and an archive of `docker save` at the same time: tools of both kinds
 * load it. Each blob is written once, with the digest that the registry served. The same images give the same bytes.
 */
import { createHash } from 'node:crypto'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import {
  type Descriptor,
  type Digest,
  algorithmOf,
  hexOf,
  mediaTypes,
  parseReference,
} from '../../image/index.js'
import { dockerListPath, indexPath } from './archive-documents.js'

/** A blob of the archive. */
export type WrittenBlob = Pick<Descriptor, 'digest' | 'size'>

/** An entry of `index.json`. */
export type IndexedImage = WrittenBlob &
  Pick<Descriptor, 'mediaType'> & { readonly annotations?: Readonly<Record<string, string>> }

/** An image of `manifest.json`, from which Docker before version 25 and `podman load` read. */
export interface DockerImage {
  /** Digest of the config. */
  readonly config: Digest
  /** Base layer first. */
  readonly layers: readonly (WrittenBlob & Pick<Descriptor, 'mediaType'> & { readonly diffID: Digest })[]
  /** Normalised names with a tag. */
  readonly names: readonly string[]
}

/** What is written. */
export interface ArchiveContent {
  /** Manifests, indexes and configs. They are written first, so that a reader has them early. */
  readonly documents: readonly WrittenBlob[]
  readonly layers: readonly WrittenBlob[]
  /** The images, for tools that read layouts. */
  readonly index: readonly IndexedImage[]
  /** The images that Docker can load. Without any, the archive is only a layout. */
  readonly docker: readonly DockerImage[]
  /** Opens a blob. */
  open(digest: Digest): Readable
  /** Returns the error for a blob whose content does not have its digest. */
  damagedError(digest: Digest): Error
}

/** An archive that is written while `stream` is read. */
export interface WrittenArchive {
  readonly stream: Readable
  /** Rejects if the stream fails. */
  readonly done: Promise<void>
}

/** Returns the entries of `index.json` for an image: one for each name, with the annotations of Docker and containerd. */
export const indexedImages = (
  { mediaType, digest, size }: IndexedImage,
  names: readonly string[],
): readonly IndexedImage[] =>
  names.length === 0
    ? [{ mediaType, digest, size }]
    : names.map((name) => ({
        ...{ mediaType, digest, size },
        annotations: {
          'io.containerd.image.name': name,
          'org.opencontainers.image.ref.name': parseReference(name).tag ?? name,
        },
      }))

/** Writes the archive. `stream` fails if a blob is damaged or cannot be read. */
export function writeImageArchive(content: ArchiveContent, signal?: AbortSignal): WrittenArchive {
  const archive = pack()
  // tar-stream returns a stream of another library, which is not an instance of Node's class.
  const stream = Readable.from(archive, { objectMode: false, ...(signal && { signal }) })
  const done = writeEntries(archive, content, signal)
  done.catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined))
  return { stream, done }
}

async function writeEntries(
  archive: Pack,
  content: ArchiveContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const documents = sortedBlobs(content.documents)
  const isDocument = new Set(documents.map(({ digest }) => digest))
  const layers = sortedBlobs(content.layers.filter(({ digest }) => !isDocument.has(digest)))
  const blobs = [...documents, ...layers]
  await writeDirectory(archive, 'blobs/')
  for (const algorithm of [...new Set(blobs.map(({ digest }) => algorithmOf(digest)))].sort())
    await writeDirectory(archive, `blobs/${algorithm}/`)
  for (const blob of blobs) await writeBlob(archive, blob, content, signal)
  await writeJson(archive, indexPath, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: content.index,
  })
  if (content.docker.length > 0) await writeJson(archive, dockerListPath, content.docker.map(dockerItem))
  await writeJson(archive, 'oci-layout', { imageLayoutVersion: '1.0.0' })
  archive.finalize()
}

/** Returns the blobs in the order of their digests, each once. */
const sortedBlobs = (blobs: readonly WrittenBlob[]): readonly WrittenBlob[] =>
  [...new Map(blobs.map((blob) => [blob.digest, blob])).values()].sort((one, other) =>
    one.digest < other.digest ? -1 : 1,
  )

/** Returns the item of `manifest.json`. */
const dockerItem = ({ config, layers, names }: DockerImage): unknown => ({
  Config: pathOf(config),
  RepoTags: names.length > 0 ? names.map((name) => parseReference(name).familiar()) : null,
  Layers: layers.map(({ digest }) => pathOf(digest)),
  LayerSources: Object.fromEntries(
    layers.map(({ diffID, mediaType, size, digest }) => [diffID, { mediaType, size, digest }]),
  ),
})

const pathOf = (digest: Digest): string => `blobs/${algorithmOf(digest)}/${hexOf(digest)}`

/** The same images give the same archive. */
const mtime = new Date(0)

const writeDirectory = (archive: Pack, name: string): Promise<void> =>
  written((done) => archive.entry({ name, type: 'directory', mode: 0o755, mtime }, done))

const writeJson = (archive: Pack, name: string, value: unknown): Promise<void> =>
  written((done) => archive.entry({ name, mode: 0o644, mtime }, JSON.stringify(value), done))

/** Copies a blob, and compares it with its digest. */
async function writeBlob(
  archive: Pack,
  { digest, size }: WrittenBlob,
  content: ArchiveContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const hash = createHash(algorithmOf(digest))
  const hashed = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      done(undefined, chunk)
    },
  })
  const source = content.open(digest)
  let copied: Promise<void> | undefined
  await written((done) => {
    const entry = archive.entry({ name: pathOf(digest), size, mode: 0o444, mtime }, done)
    // A stream of another library, which has the methods of Node's and not its class.
    copied = pipeline(source, hashed, entry as unknown as NodeJS.WritableStream, {
      ...(signal && { signal }),
    })
    copied.catch(done)
    return entry
  })
  await copied
  if (hash.digest('hex') !== hexOf(digest)) throw content.damagedError(digest)
}

const written = (start: (done: (error?: Error | null) => void) => Entry): Promise<void> =>
  new Promise((resolve, reject) => {
    const entry = start((error) => (error ? reject(error) : resolve()))
    // If the archive is destroyed, its open entry fails too. Without a listener, that error would end the process.
    entry.on('error', () => undefined)
  })

type Entry = Pick<ReturnType<Pack['entry']>, 'on'>
