/** Finds what the names of one repository lead to: the manifests and the other blobs that may be served. */
import {
  type Digest,
  type DigestLink,
  documentLinks,
  entryLink,
  isDigest,
  isIndexType,
  isManifestLink,
  mediaTypes,
  parseMediaType,
  walkGraph,
} from '../../lib/image/index.js'
import type { ListedRepository } from './listed-repositories.js'
import type { StoredDocument, StoredFiles } from './stored-files.js'

/** A manifest or an index that may be served. */
export interface ServedManifest {
  readonly digest: Digest
  readonly mediaType: string
  readonly size: number
  /** Digest of the manifest that it is attached to. */
  readonly subject?: Digest
  readonly artifactType?: string
  readonly annotations?: unknown
}

/** What may be served of one repository. */
export interface RepositoryContents {
  readonly manifests: ReadonlyMap<string, ServedManifest>
  /** Digests of everything, stored or not: manifests, configs and layers. */
  readonly blobs: ReadonlySet<string>
  /** The manifests that a tag stands for, preferred first: what it was resolved to, and the image selected from it. */
  readonly tags: ReadonlyMap<string, readonly ServedManifest[]>
}

/** A manifest that is attached to another one and has no name. */
export interface Attached {
  readonly digest: Digest
  readonly subject: Digest
}

/** Returns the contents of a repository. `attached` belongs to it if its subject does. */
export async function contentsOf(
  { tags, images }: ListedRepository,
  files: StoredFiles,
  attached: readonly Attached[],
): Promise<RepositoryContents> {
  const types = new Map<string, string>()
  for (const { descriptor, rootDigest, rootMediaType } of images) {
    types.set(descriptor.digest, descriptor.mediaType)
    if (rootDigest !== undefined && rootMediaType !== undefined) types.set(rootDigest, rootMediaType)
  }
  const manifests = new Map<string, ServedManifest>()
  const blobs = new Set<string>()
  const walk = async (starts: readonly Digest[]): Promise<void> => {
    const links = starts.filter((digest) => !manifests.has(digest)).map((digest) => entryLink({ digest }))
    const read = async ({ link }: { readonly link: DigestLink }) => {
      const { digest } = link.descriptor
      const document = isManifestLink(link) ? await files.document(digest) : undefined
      if (!document) return undefined
      manifests.set(digest, servedManifest(digest, document, types.get(digest)))
      return { links: documentLinks(document.value) }
    }
    for await (const { link } of walkGraph<DigestLink>(links, { read })) blobs.add(link.descriptor.digest)
  }
  await walk(
    images.flatMap(({ descriptor, rootDigest }) => [rootDigest ?? descriptor.digest, descriptor.digest]),
  )
  // What is attached may have attachments of its own: the signature of an SBOM.
  for (let left = attached; ;) {
    const found = left.filter(({ subject }) => manifests.has(subject))
    if (found.length === 0) break
    await walk(found.map(({ digest }) => digest))
    left = left.filter((each) => !found.includes(each))
  }
  return { manifests, blobs, tags: tagsOf(tags, manifests) }
}

function tagsOf(
  tags: ListedRepository['tags'],
  manifests: ReadonlyMap<string, ServedManifest>,
): RepositoryContents['tags'] {
  const served = new Map<string, readonly ServedManifest[]>()
  for (const [tag, { descriptor, rootDigest }] of tags) {
    const image = manifests.get(descriptor.digest)
    const root = rootDigest === undefined ? undefined : manifests.get(rootDigest)
    // A schema 1 manifest comes last: most clients refuse it, and the image was made from it.
    const found = root && isIndexType(root.mediaType) ? [root, image] : [image, root]
    const present = [...new Set(found)].filter((each) => each !== undefined)
    if (present.length > 0) served.set(tag, present)
  }
  return served
}

/** Returns the digests of those among `unnamed` that are attached to another manifest. */
export async function attachedAmong(
  unnamed: readonly Digest[],
  files: StoredFiles,
): Promise<readonly Attached[]> {
  const found: Attached[] = []
  for (const digest of unnamed) {
    const subject = subjectOf((await files.document(digest))?.value ?? {})
    if (subject) found.push({ digest, subject })
  }
  return found
}

function servedManifest(digest: Digest, { bytes, value }: StoredDocument, listed?: string): ServedManifest {
  const subject = subjectOf(value)
  const config = isObject(value['config']) ? textIn(value['config'], 'mediaType') : undefined
  // Image-spec, manifest.md: the type of an image manifest without one is the type of its config.
  const artifactType = textIn(value, 'artifactType') ?? config
  return {
    ...{ digest, size: bytes.length },
    mediaType: parseMediaType(textIn(value, 'mediaType') ?? listed) ?? typeByShape(value),
    ...(subject && { subject }),
    ...(artifactType !== undefined && { artifactType }),
    ...(isObject(value['annotations']) && { annotations: value['annotations'] }),
  }
}

/** Returns the type of a document that does not name its own, as OCI allows. */
function typeByShape(value: StoredDocument['value']): string {
  if (Array.isArray(value['manifests'])) return mediaTypes.ociIndex
  if (!Array.isArray(value['fsLayers'])) return mediaTypes.ociManifest
  return Array.isArray(value['signatures']) ? mediaTypes.dockerSchema1Signed : mediaTypes.dockerSchema1
}

function subjectOf({ subject }: StoredDocument['value']): Digest | undefined {
  const digest = isObject(subject) ? subject['digest'] : undefined
  return isDigest(digest) ? digest : undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function textIn(value: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const text = value[key]
  return typeof text === 'string' && text !== '' ? text : undefined
}
