/**
 * Provides `OrderedSource`, an image source that consists of several places in order: mirrors, then the registry. Each
 * request goes to the first place that may serve it. If a mirror fails, the request moves on to the next place, also in
 * the middle of a blob.
 */
import { WindlassError } from '../../errors.js'
import {
  type BlobBody,
  type BlobOrigin,
  type BlobRequest,
  type Descriptor,
  type Digest,
  type FetchedManifest,
  type ImageSource,
  type ManifestHead,
  type ManifestRequest,
  type ReferrersRequest,
  type TagsRequest,
  concernsPlace,
  isFailureOfPlace,
  isDigest,
  mirrorFailed,
  parseManifest,
} from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import { fastestOrigin } from './fastest-origin.js'
import { PlaceRates } from './place-rates.js'
import type { PlaceHealth } from './place-health.js'
import { readFromPlaces } from './read-from-places.js'
import type { SourcePlace } from './source-place.js'

/** Settings of an `OrderedSource`. */
export interface OrderedSourceOptions {
  /** Name of the source in events and errors: the registry in the name of the image. */
  readonly host: string
  readonly repository: string
  /**
   * Returns the places. The last one is not a mirror. Called at the first request.
   * @throws errors of the configuration that names the places
   */
  readonly places: (request: Pick<ManifestRequest, 'signal' | 'onWarning'>) => Promise<readonly SourcePlace[]>
  readonly health: PlaceHealth
  /**
   * Which place a blob comes from. `ordered`: the first one that has it. `fastest`: the one that answers first; one that
   * falls behind is overtaken by the next. Default: `ordered`.
   */
  readonly order?: PlaceOrder
  /** The rates of the places, for `fastest`. Default: none known. */
  readonly rates?: PlaceRates
}

/** See `OrderedSourceOptions.order`. */
export type PlaceOrder = 'ordered' | 'fastest'

type Warn = ManifestRequest['onWarning']

/** Several places that serve the same images. */
export class OrderedSource implements ImageSource {
  readonly #options: OrderedSourceOptions
  #places: Promise<readonly SourcePlace[]> | undefined
  /** The places that served a manifest. */
  readonly #served = new Set<ImageSource>()
  readonly host: string
  readonly repository: string

  constructor(options: OrderedSourceOptions) {
    this.#options = options
    this.host = options.host
    this.repository = options.repository
  }

  /** Returns the identities of all places. */
  async identity(request: { readonly signal?: AbortSignal } = {}): Promise<string> {
    const places = await this.#all(request)
    return (await Promise.all(places.map(({ source }) => source.identity(request)))).join(' ')
  }

  /**
   * Fetches a manifest. That of a mirror is parsed, and compared with the requested digest, before it is accepted.
   * @throws the error of the registry
   */
  manifest(tagOrDigest: string, request: ManifestRequest = {}): Promise<FetchedManifest> {
    const attempt = async ({ source, isMirror }: SourcePlace): Promise<FetchedManifest> => {
      const fetched = await source.manifest(tagOrDigest, request)
      if (isMirror) this.#assertUsable(tagOrDigest, fetched, request)
      this.#served.add(source)
      return isMirror ? { ...fetched, isMirror } : fetched
    }
    return this.#first(placesFor(tagOrDigest), attempt, request)
  }

  /** Returns what the first place that answers states about a manifest. @throws the error of the registry */
  head(tagOrDigest: string, request: ManifestRequest = {}): Promise<ManifestHead> {
    const attempt = async ({ source, isMirror }: SourcePlace): Promise<ManifestHead> => {
      const none = { digest: undefined, contentType: undefined, size: undefined, host: source.host }
      const head = (await source.head?.(tagOrDigest, request)) ?? none
      return isMirror ? { ...head, isMirror } : head
    }
    return this.#first(placesFor(tagOrDigest), attempt, request)
  }

  /** Returns the places that may have the blobs of a layer. A mirror for tags may have them if it served a manifest. */
  async blobOrigins(request: { readonly signal?: AbortSignal } = {}): Promise<readonly BlobOrigin[]> {
    const mayHaveBlobs = ({ source, isMirror, manifests }: SourcePlace): boolean =>
      !isMirror || manifests !== 'tags' || this.#served.has(source)
    const origins = this.#askable(await this.#all(request))
      .filter(mayHaveBlobs)
      .map((place) => this.#originOf(place))
    const { order = 'ordered', rates = new PlaceRates() } = this.#options
    if (order === 'ordered' || origins.length < 2) return origins
    // If the places together fail, because one of them sent wrong bytes, the registry is asked alone.
    return [fastestOrigin(origins, rates), last(origins)]
  }

  /** Opens a blob at the first place that has it. After a failure of a mirror, the stream continues from the next place. */
  async blob(descriptor: Descriptor, request: BlobRequest = {}): Promise<BlobBody> {
    return readFromPlaces(await this.blobOrigins(request), descriptor, request)
  }

  /** Opens a foreign URL of a blob. */
  async foreignBlob(url: string, descriptor: Descriptor, request: BlobRequest = {}): Promise<BlobBody> {
    const { source } = last(await this.#all(request))
    if (source.foreignBlob !== undefined) return source.foreignBlob(url, descriptor, request)
    throw new WindlassError('BLOB_UNKNOWN', `${source.host} has no foreign URLs`, { host: source.host })
  }

  /** Returns the size of a blob, as the first place that has it states. */
  blobSize(digest: Digest, request: { readonly signal?: AbortSignal } = {}): Promise<number> {
    return this.#first(
      () => true,
      ({ source }) => source.blobSize(digest, request),
      request,
    )
  }

  /**
   * Lists the tags of the registry. If it cannot be reached, those of a mirror that may resolve tags are listed.
   * @throws the error of the registry
   */
  async *tags(request: TagsRequest = {}): AsyncGenerator<readonly string[], void, undefined> {
    yield* this.#pages(request, (source) => source.tags(request))
  }

  /**
   * Lists the referrers that the registry knows. If it cannot be reached, those of a mirror that may resolve tags are
   * listed.
   * @throws the error of the registry
   */
  async *referrers(
    digest: Digest,
    request: ReferrersRequest = {},
  ): AsyncGenerator<readonly Descriptor[], void, undefined> {
    yield* this.#pages(request, (source) => source.referrers?.(digest, request) ?? noPages())
  }

  async *#pages<T>(
    request: Pick<ManifestRequest, 'signal'>,
    list: (source: ImageSource) => AsyncIterable<readonly T[]>,
  ): AsyncGenerator<readonly T[], void, undefined> {
    const places = await this.#all(request)
    const registry = last(places)
    let failure: unknown
    for (const { source } of [registry, ...this.#askable(places).filter(isTagMirror)]) {
      let hasPages = false
      try {
        for await (const page of list(source)) {
          hasPages = true
          yield page
        }
        return
      } catch (error) {
        if (hasPages || !isUnreachable(error) || request.signal?.aborted === true) throw failure ?? error
        failure ??= error
      }
    }
    throw failure
  }

  /** Runs `attempt` at one place after another. Returns the first result. @throws the error of the last place */
  async #first<T>(
    serves: (place: SourcePlace) => boolean,
    attempt: (place: SourcePlace) => Promise<T>,
    request: ManifestRequest,
  ): Promise<T> {
    const places = this.#askable(await this.#all(request)).filter(serves)
    for (const place of places) {
      try {
        const result = await attempt(place)
        if (place.isMirror) this.#options.health.recordSuccess(place.source)
        return result
      } catch (error) {
        if (!place.isMirror || request.signal?.aborted === true || !mayMoveOn(error)) throw error
        this.#recordFailure(place, error, request.onWarning)
      }
    }
    throw new WindlassError(
      'MANIFEST_UNKNOWN',
      `No host that is configured for ${this.host}/${this.repository} serves this`,
      {
        host: this.host,
        hint: 'The configuration of the mirrors limits what they are asked for. “windlass doctor” shows it.',
      },
    )
  }

  #all(request: ManifestRequest): Promise<readonly SourcePlace[]> {
    this.#places ??= this.#options.places(request).catch((error: unknown) => {
      this.#places = undefined
      throw error
    })
    return this.#places
  }

  /** Leaves out the mirrors that failed a short time ago. */
  #askable(places: readonly SourcePlace[]): readonly SourcePlace[] {
    return places.filter(({ source, isMirror }) => !isMirror || this.#options.health.mayAsk(source))
  }

  #recordFailure({ source }: SourcePlace, error: WindlassError, onWarning: Warn): void {
    this.#options.health.recordFailure(source, error)
    if (isFailureOfPlace(error)) onWarning?.(mirrorFailed, error.message)
  }

  #originOf({ source, isMirror }: SourcePlace): BlobOrigin {
    const { health } = this.#options
    return {
      host: source.host,
      isMirror,
      blob: (descriptor, request) => source.blob(descriptor, request),
      recordFailure: (error) => {
        if (isMirror) health.recordFailure(source, error)
      },
    }
  }

  #assertUsable(
    tagOrDigest: string,
    { bytes, contentType, host }: FetchedManifest,
    { maxBytes = defaultLimits.manifestBytes }: ManifestRequest,
  ): void {
    parseManifest({
      ...{ bytes, contentType, host },
      reference: `${this.host}/${this.repository}${isDigest(tagOrDigest) ? '@' : ':'}${tagOrDigest}`,
      limits: { ...defaultLimits, manifestBytes: maxBytes },
      ...(isDigest(tagOrDigest) && { expected: { digest: tagOrDigest } }),
    })
  }
}

/** Returns whether a place may serve a manifest with this tag or digest. */
const placesFor =
  (tagOrDigest: string) =>
  ({ manifests = 'all' }: SourcePlace): boolean =>
    manifests === 'all' || manifests === (isDigest(tagOrDigest) ? 'digests' : 'tags')

const isTagMirror = ({ isMirror, manifests = 'all' }: SourcePlace): boolean =>
  isMirror && manifests !== 'digests'

/** Returns whether the next place may succeed where a mirror failed: not if the user cancelled, or the disk failed. */
const mayMoveOn = (error: unknown): error is WindlassError =>
  concernsPlace(error) || (error instanceof WindlassError && (error.exitCode === 5 || error.exitCode === 8))

/** Returns whether an error says that a host cannot be reached or does not work. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof WindlassError && error.retryable && error.exitCode === 6

/** A list without pages. */
async function* noPages(): AsyncGenerator<never, void, undefined> {}

function last<T>(items: readonly T[]): T {
  const found = items.at(-1)
  if (found === undefined) throw new WindlassError('INTERNAL', 'A source has no place')
  return found
}
