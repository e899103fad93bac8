/** Provides `OciArchiveSink`, which writes an image as a tar archive of an OCI image layout. */
import { archivedName } from '../../archive/index.js'
import {
  type Descriptor,
  type Digest,
  type SinkRequest,
  hostPlatform,
  isIndexType,
  matchPlatform,
  parseImageIndex,
} from '../../image/index.js'
import { assertOwnDigest } from '../layout/own-digest.js'
import { type ArchivedManifests, type ArchiveForm, ArchiveSink, indexEntry } from './archive-sink.js'
import { type KnownManifest, dockerImageOf } from './docker-image.js'

/**
 * Returns a tar archive of an OCI image layout as a target of images. If Docker can load the image, the archive is one of `docker save`
 * too. Call `finish` to write it, and `close` at the end, also after a failure.
 *
 * @example
 * const sink = ociArchiveSink('app.tar')
 * await sink.putManifest(bytes, descriptor, { tag: '1.2' })
 * await sink.finish()
 * await sink.close()
 */
export const ociArchiveSink = (file: string): OciArchiveSink => new OciArchiveSink(file)

const form: ArchiveForm = {
  prefix: 'oci-archive:',
  lists: ({ entries, manifests, readConfig }) => {
    const docker = entries.flatMap(({ descriptor, name, isRoot }) => {
      const image = isRoot ? loadableImage(descriptor, manifests) : undefined
      return (image && dockerImageOf(image, wholeName(name), readConfig)) ?? []
    })
    return { docker, index: entries.map(indexOf) }
  },
}

/** An archive of an OCI image layout, as a target of images. References: `oci-archive:FILE`, `oci-archive:FILE:NAME`. */
export class OciArchiveSink extends ArchiveSink {
  /** @param file path of the archive */
  constructor(file: string) {
    super(file, form)
  }

  /** Refuses signed schema 1 manifests, whose digest is not that of their bytes. @throws UNSUPPORTED */
  checkManifest(bytes: Buffer, descriptor: Descriptor): void {
    assertOwnDigest(bytes, descriptor, this.host)
  }

  /** Adds a manifest that refers to another one, and lists it without a name. */
  async putReferrer(
    bytes: Buffer,
    descriptor: Descriptor,
    _subject: Digest,
    request: SinkRequest = {},
  ): Promise<void> {
    await this.putManifest(bytes, descriptor, { ...request, root: false })
    const { artifactType, annotations, mediaType, digest } = descriptor
    this.list({
      descriptor: {
        ...{ mediaType, digest, size: bytes.length },
        ...(artifactType !== undefined && { artifactType }),
        ...(annotations && { annotations }),
      },
      ...{ name: undefined, isRoot: false },
    })
  }
}

/** Returns the entry of `index.json`. Names that are references are also those of containerd. */
function indexOf({ descriptor, name }: ArchivedManifests['entries'][number]): ReturnType<typeof indexEntry> {
  const entry = indexEntry(descriptor)
  if (name === undefined) return entry
  const [whole] = wholeName(name)
  return {
    ...entry,
    annotations: {
      ...entry.annotations,
      ...(whole !== undefined && { 'io.containerd.image.name': whole }),
      'org.opencontainers.image.ref.name': name,
    },
  }
}

/** Returns a name that is a whole reference with a tag. A tag alone names no repository. */
function wholeName(name: string | undefined): readonly string[] {
  if (name === undefined || !/[/:]/.test(name)) return []
  return archivedName(name)
}

/** Returns the image itself, or the image of an index for this machine, otherwise the first one. */
function loadableImage(
  descriptor: Descriptor,
  manifests: ReadonlyMap<Digest, KnownManifest>,
): KnownManifest | undefined {
  const known = manifests.get(descriptor.digest)
  if (!known || !isIndexType(descriptor.mediaType)) return known
  const children = parseImageIndex(known.bytes).manifests.filter(({ digest }) => manifests.has(digest))
  const [chosen = children[0]] = matchPlatform(hostPlatform(), children)
  return chosen && manifests.get(chosen.digest)
}
