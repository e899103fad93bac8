/** Limits on what a walk of an image graph reads. */
import { WindlassError } from '../../errors.js'
import { limitExceeded } from '../../limits.js'
import { formatCount, formatExactBytes } from '../../quantities.js'
import type { GraphLink } from './document-links.js'

/** Limits of one walk. A limit that is absent does not apply. */
export interface GraphLimits {
  /** Maximum nesting of indexes: 1 allows an index of images, but no index in it. */
  readonly indexDepth?: number
  /** Maximum number of documents (indexes, manifests and configs), read or not. */
  readonly documents?: number
  /** Maximum total size in bytes of the documents that are read. */
  readonly bytes?: number
}

/** Counts the documents of one walk against its limits. */
export class GraphBudget {
  #documents = 0
  #bytes = 0

  /** @param reference name of the image in errors */
  constructor(
    private readonly limits: GraphLimits = {},
    private readonly reference?: string,
  ) {}

  /**
   * Counts a document before it is read.
   * @param depth number of documents between the start of the walk and this one, including the start
   * @throws LIMIT_EXCEEDED if it is nested too deeply, or there are too many documents
   */
  countDocument({ role, descriptor: { digest } }: GraphLink, depth: number): void {
    const { indexDepth = Infinity, documents = Infinity } = this.limits
    if (role !== 'config' && depth > indexDepth)
      throw limitExceeded(
        `The indexes ${this.#ofImage(digest)} are nested ${formatCount(depth, 'level')} deep at ${digest}`,
        'indexDepth',
        indexDepth,
        this.#subject(digest),
      )
    this.#documents += 1
    if (this.#documents > documents) throw this.#exceeded(digest, formatCount(documents, 'document'))
  }

  /** Counts the bytes of a document that was read. @throws LIMIT_EXCEEDED if they are too many */
  countBytes({ descriptor: { digest } }: GraphLink, bytes: number): void {
    const { bytes: maxBytes = Infinity } = this.limits
    this.#bytes += bytes
    if (this.#bytes > maxBytes) throw this.#exceeded(digest, formatExactBytes(maxBytes))
  }

  #exceeded(digest: string, maximum: string): WindlassError {
    return new WindlassError(
      'LIMIT_EXCEEDED',
      `Failed to read the indexes, manifests and configs ${this.#ofImage(digest)}: ${digest} exceeds the maximum of ${maximum}`,
      this.#subject(digest),
    )
  }

  readonly #ofImage = (digest: string): string =>
    this.reference === undefined ? `that lead to ${digest}` : `of ${this.reference}`

  readonly #subject = (digest: string) => ({
    digest,
    ...(this.reference !== undefined && { reference: this.reference }),
  })
}
