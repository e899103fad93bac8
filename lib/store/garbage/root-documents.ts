/**
 * Reads the documents that are reachable from `index.json`, for garbage collection. A document that cannot be read is
 * an error, because its references are then unknown.
 */
import { dirname, join } from 'node:path'
import { type ErrorDetails, WindlassError } from '../../errors.js'
import { type Digest, isDigest } from '../../image/index.js'
import type { BlobStore } from '../blobs/blobs.js'
import { verifyBlob } from '../blobs/verify-blob.js'
import { isObject, type JsonObject, parseJson } from '../files/json-object.js'
import { readIfRegular } from '../files/read-regular.js'
import { annotationsOf, entryDisplayName, entryArgument, keyOf } from '../names/index-entry.js'

/** Maximum size of a document in bytes, far above the limits on images. Larger blobs are layers. */
const maxDocumentBytes = 64 * 1024 ** 2

/** Reads the documents of the image layout whose `index.json` is at `indexPath`. */
export class RootDocuments {
  constructor(
    private readonly indexPath: string,
    private readonly blobs: BlobStore,
    /** What does not happen if a document cannot be read, as a clause for the error. */
    private readonly consequence = 'Nothing was removed',
  ) {}

  /**
   * Reads a document that is reachable from `rootEntry`, an entry of `index.json`. Returns undefined for a blob that
   * is not a document, and for a missing blob unless it is `required`. A document with an unsupported digest is always
   * required and is not verified.
   * @throws WindlassError STORE_CORRUPT when the document is missing or damaged
   */
  async read(digest: string, rootEntry: JsonObject, required: boolean): Promise<JsonObject | undefined> {
    if (!isDigest(digest)) return this.#readUnverified(digest, rootEntry)
    try {
      if (!required && !(await this.blobs.has(digest))) return undefined
      if ((await this.blobs.size(digest)) > maxDocumentBytes) {
        await this.#assertWhole(digest)
        return undefined
      }
      const value = parseDocument((await this.blobs.read(digest, maxDocumentBytes)).toString('utf8'))
      if (value === 'too deep')
        throw new WindlassError('STORE_CORRUPT', `The document ${digest} is nested too deeply`, { digest })
      return value
    } catch (error) {
      if (!(error instanceof WindlassError) || error.code !== 'STORE_CORRUPT') throw error
      throw this.#unknownContentError(rootEntry, error.message, { ...error.subject, digest, cause: error })
    }
  }

  /** Reads a document. Returns an empty document, which has no references, if that fails. */
  async readIfPossible(digest: string): Promise<JsonObject> {
    return (await this.read(digest, {}, false).catch(() => undefined)) ?? {}
  }

  async #readUnverified(digest: string, rootEntry: JsonObject): Promise<JsonObject> {
    const path = join(dirname(this.indexPath), 'blobs', ...digest.split(':'))
    const document = parseJson((await readIfRegular(path)) ?? '')
    if (!isObject(document)) throw this.#unknownContentError(rootEntry, `${path} is not a readable document`)
    return document
  }

  /** Verifies a blob that is too large to be a document. If it is damaged, its size proves nothing. */
  async #assertWhole(digest: Digest): Promise<void> {
    const path = this.blobs.path(digest)
    const found = await verifyBlob({ path, digest })
    if (found.state === 'damaged')
      throw new WindlassError('STORE_CORRUPT', `Blob ${digest} is damaged: ${found.why}`, { digest, path })
  }

  #unknownContentError(rootEntry: JsonObject, why: string, details: ErrorDetails = {}): WindlassError {
    const name = annotationsOf(rootEntry)['org.opencontainers.image.ref.name']
    const entry = {
      name: typeof name === 'string' ? name : undefined,
      digest: typeof rootEntry['digest'] === 'string' ? rootEntry['digest'] : undefined,
      key: keyOf(rootEntry),
    }
    return new WindlassError(
      'STORE_CORRUPT',
      `${this.consequence}, because the content of ${entryDisplayName(entry)} is unknown: ${why}`,
      {
        ...details,
        ...(entry.name !== undefined && { reference: entry.name }),
        hint: `Fetch it again with “windlass verify --repair”, or remove the name with “windlass rm ${entryArgument(entry)}”.`,
      },
    )
  }
}

/**
 * Parses `text` as a JSON object. Returns undefined if it is not one, and `too deep` if it is nested too deeply to
 * parse.
 */
function parseDocument(text: string): JsonObject | 'too deep' | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch (error) {
    return error instanceof SyntaxError ? undefined : 'too deep'
  }
}
