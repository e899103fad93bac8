/**
 * Finds everything that the entries of `index.json` reference, including entries of other tools: documents, configs,
 * and layers by digest and by diffID. If a document cannot be read, its references are unknown and nothing is
 * collected.
 */
import { dirname, join } from 'node:path'
import { type ErrorDetails, WindlassError } from '../../errors.js'
import { readDescriptor, type Digest, isDigest, isForeignDigest, isListedImage } from '../../image/index.js'
import type { BlobStore } from '../blobs/blobs.js'
import { documentLinks } from './links.js'
import { readIndex } from './garbage-index.js'
import { entryTitle, entryWord, keyOf } from '../names/index-entry.js'
import { isObject, type JsonObject, parseJson } from '../files/json-object.js'
import { readIfRegular } from '../files/read-regular.js'
import { verifyBlob } from '../blobs/verify-blob.js'

/** Maximum size of a document in bytes. Larger blobs are layers; the limits on images are far below this. */
const maxDocumentBytes = 64 * 1024 ** 2

/** Parses `text` as a JSON object; undefined if it is not one. */
function documentIn(text: string): JsonObject | 'too deep' | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch (error) {
    return error instanceof SyntaxError ? undefined : 'too deep'
  }
}

/**
 * Returns the digests that the index at `indexPath` references directly or indirectly.
 * @throws WindlassError STORE_CORRUPT when a reference cannot be resolved
 */
export async function reachable(indexPath: string, blobs: BlobStore): Promise<Set<Digest>> {
  const marks = new Marks(blobs)
  for (const entry of await readIndex(indexPath)) {
    const { digest, annotations } = entry
    if (isDigest(digest)) await marks.document(digest, entry, 'must be here')
    else if (isForeignDigest(digest)) await marks.foreign(join(dirname(indexPath), 'blobs'), entry)
    for (const [key, value] of Object.entries(isObject(annotations) ? annotations : {}))
      // The index that the manifest was selected from, and the document that it was converted from.
      if (key.startsWith('io.windlass.') && isDigest(value)) await marks.origin(value)
  }
  return marks.needed
}

class Marks {
  readonly needed = new Set<Digest>()
  readonly #documents = new Set<Digest>()

  constructor(private readonly blobs: BlobStore) {}

  /**
   * Marks a document and everything that it references. An index may list images that are not in the store; an index
   * that a name of this program points at may not, because all its images were stored before it was named.
   */
  async document(digest: Digest, about: JsonObject, presence: 'must be here' | 'may be here'): Promise<void> {
    this.needed.add(digest)
    if (this.#documents.has(digest)) return
    this.#documents.add(digest)
    const document = await this.#read(digest, about, presence)
    if (document) await this.#follow(document, about)
  }

  /**
   * Marks what a document with an unsupported digest algorithm references. It cannot be verified. The document itself
   * needs no mark: garbage collection ignores files with unsupported digests.
   */
  async foreign(blobs: string, about: JsonObject): Promise<void> {
    const path = join(blobs, ...String(about['digest']).split(':'))
    const document = parseJson((await readIfRegular(path)) ?? '')
    if (!isObject(document)) throw unknown(about, `${path} is not a readable document`)
    await this.#follow(document, about)
  }

  async #follow(document: JsonObject, about: JsonObject): Promise<void> {
    const { documents, configs, others } = documentLinks(document)
    for (const each of others) this.needed.add(each)
    for (const each of configs) await this.#config(each)
    const promised = isOurs(about) ? imagesIn(document) : []
    for (const each of documents)
      await this.document(each, about, promised.includes(each) ? 'must be here' : 'may be here')
  }

  /**
   * Marks a document without the images that it lists: the selected image has an entry of its own. Follows nested
   * indexes, which may be on the path to the selected image.
   */
  async origin(digest: Digest, depth = 8): Promise<void> {
    this.needed.add(digest)
    if (depth === 0) return
    const document = await this.#readIfPossible(digest)
    const { documents } = documentLinks(document ?? {})
    for (const each of documents)
      if (Array.isArray((await this.#readIfPossible(each))?.['manifests'])) await this.origin(each, depth - 1)
  }

  /** Marks a config and its diffIDs. If the config is unreadable, layers are still found through their blobs. */
  async #config(digest: Digest): Promise<void> {
    this.needed.add(digest)
    const rootfs = (await this.#readIfPossible(digest))?.['rootfs']
    const diffIDs = isObject(rootfs) ? rootfs['diff_ids'] : undefined
    for (const each of Array.isArray(diffIDs) ? diffIDs : []) if (isDigest(each)) this.needed.add(each)
  }

  /** Reads a document. Returns undefined for a blob that is not a document, and for an optional one that is missing. */
  async #read(
    digest: Digest,
    about: JsonObject,
    presence: 'must be here' | 'may be here',
  ): Promise<JsonObject | undefined> {
    try {
      const here = presence === 'must be here' || (await this.blobs.has(digest))
      if (!here) return undefined
      if ((await this.blobs.size(digest)) > maxDocumentBytes) {
        await this.#assertWhole(digest)
        return undefined
      }
      const value = documentIn((await this.blobs.read(digest, maxDocumentBytes)).toString('utf8'))
      if (value === 'too deep')
        throw new WindlassError('STORE_CORRUPT', `The document ${digest} is nested too deeply`, { digest })
      return value
    } catch (error) {
      if (!(error instanceof WindlassError) || error.code !== 'STORE_CORRUPT') throw error
      throw unknown(about, error.message, { ...error.subject, digest, cause: error })
    }
  }

  /** Verifies a blob that is too large for a document. If it is damaged, it may have been a document. */
  async #assertWhole(digest: Digest): Promise<void> {
    const path = this.blobs.path(digest)
    const found = await verifyBlob({ path, digest })
    if (found.state === 'damaged')
      throw new WindlassError('STORE_CORRUPT', `Blob ${digest} is damaged: ${found.why}`, { digest, path })
  }

  async #readIfPossible(digest: Digest): Promise<JsonObject | undefined> {
    return this.#read(digest, {}, 'may be here').catch(() => undefined)
  }
}

const isOurs = ({ annotations }: JsonObject): boolean =>
  isObject(annotations) && annotations['io.windlass.reference.typed'] !== undefined

function imagesIn({ manifests }: JsonObject): readonly Digest[] {
  const entries: readonly unknown[] = Array.isArray(manifests) ? manifests : []
  return entries.flatMap((entry) => {
    const descriptor = readDescriptor(entry)
    return descriptor && isListedImage(descriptor) ? [descriptor.digest] : []
  })
}

function unknown(about: JsonObject, why: string, details: ErrorDetails = {}): WindlassError {
  const name = annotationsOf(about)['org.opencontainers.image.ref.name']
  const entry = {
    name: typeof name === 'string' ? name : undefined,
    digest: typeof about['digest'] === 'string' ? about['digest'] : undefined,
    key: keyOf(about),
  }
  return new WindlassError(
    'STORE_CORRUPT',
    `Nothing was removed, because the content of ${entryTitle(entry)} is unknown: ${why}`,
    {
      ...details,
      ...(entry.name !== undefined && { reference: entry.name }),
      hint: `Fetch it again with “windlass verify --repair”, or remove the name with “windlass rm ${entryWord(entry)}”.`,
    },
  )
}

const annotationsOf = ({ annotations }: JsonObject): JsonObject => (isObject(annotations) ? annotations : {})
