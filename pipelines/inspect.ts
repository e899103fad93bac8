/** Describes an image from its manifest and config. No layer is requested. */
import { map } from 'rxjs'
import { asWindlassError } from '../lib/errors.js'
import { Deferred, Flow, Scope, compose, lift, stage, untilAborted } from '../lib/flow/index.js'
import {
  type Digest,
  type ImageConfig,
  type ImageSource,
  type TagsRequest,
  formatPlatform,
  makeSchema1Config,
  mediaTypes,
  isLocalImageName,
  parseImageName,
  withDefaultTag,
} from '../lib/image/index.js'
import {
  type AwaitingConfig,
  type ConfigDocument,
  type ImageDocument,
  type ImageRequest,
  type ReadSchema1Document,
  type Resolved,
  bySchema,
  checkPlatform,
  choosePlatform,
  fetchConfig,
  readMissingPlatforms,
  readSchema1,
  resolve,
} from '../lib/stages/index.js'
import { type RetryPolicy, retryDelayOf } from '../lib/transfer/index.js'
import { toPullEvent } from '../lib/events/index.js'
import { LocalSource } from '../lib/sources/index.js'
import { cancelledError, runForResult } from './run-for-result.js'

/** Result of `inspect`. */
export interface Inspection {
  /** Normalised name. */
  readonly name: string
  /** For example `docker.io/library/alpine`; undefined for an image in a layout. */
  readonly repository: string | undefined
  /** The requested tag; undefined if a digest was requested. */
  readonly tag: string | undefined
  /** Digest of what the name points at. */
  readonly digest: Digest
  readonly mediaType: string
  /** The host that served the manifest, and whether it is a mirror; undefined for an image in a layout or in the store. */
  readonly servedBy: ManifestHost | undefined
  /** The manifest or index that the name points at, byte for byte. */
  readonly manifest: Buffer
  /** The image of the requested platform; undefined with `manifestOnly`. */
  readonly image?: InspectedImage
  /** All tags of the repository; undefined if they were not requested or could not be listed. */
  readonly tags?: readonly string[]
  /** Irregularities of the image, and information that could not be obtained. */
  readonly warnings: readonly InspectWarning[]
}

/** A host that served a manifest. */
export interface ManifestHost {
  readonly host: string
  readonly isMirror: boolean
}

/** A warning of `inspect`. */
export interface InspectWarning {
  readonly code: string
  readonly message: string
}

/** Manifest and config of one image. */
export interface InspectedImage {
  readonly digest: Digest
  readonly mediaType: string
  readonly platform: string
  readonly config: {
    /** Undefined for a schema 1 image, because its config can be made only from the bytes of its layers. */
    readonly digest: Digest | undefined
    /** The served bytes; for a schema 1 image, the v1 config of its topmost layer. */
    readonly bytes: Buffer
    /** The parsed config; for a schema 1 image, without diffIDs. */
    readonly value: ImageConfig
  }
  /** Layers, base first. A schema 1 manifest contains no sizes. */
  readonly layers: readonly {
    readonly digest: Digest
    readonly mediaType: string
    readonly size: number | undefined
  }[]
}

/** What `inspect` fetches besides the manifest. */
export interface InspectRequest {
  /** Fetch only the manifest or index that the name points at. Default: false. */
  readonly manifestOnly?: boolean
  /**
   * Also list the tags of the repository. Default: false. If the registry refuses, the result has a warning instead.
   */
  readonly tags?: boolean
  readonly signal?: AbortSignal
}

/** Options of `inspect`. */
export interface InspectOptions extends InspectRequest {
  readonly retry: RetryPolicy
  /** Refuse schema 1 manifests whose signatures cannot be verified (false). */
  readonly requireSignatures?: boolean
}

/**
 * Fetches and describes the manifest and config of an image.
 * @throws CANCELLED when `signal` aborts; any error of resolving the name or fetching the config
 */
export async function inspect(
  request: ImageRequest,
  { retry, manifestOnly = false, tags = false, signal, requireSignatures = false }: InspectOptions,
): Promise<Inspection> {
  const scope = new Scope()
  const warnings: InspectWarning[] = []
  let servedBy: ManifestHost | undefined
  scope.events.subscribe((event) => {
    const pullEvent = toPullEvent(event)
    if (pullEvent?.type === 'manifest')
      servedBy ??= { host: pullEvent.host, isMirror: pullEvent.mirror ?? false }
    if (pullEvent?.type === 'warning') warnings.push({ code: pullEvent.code, message: pullEvent.message })
  })
  const stopListing = new AbortController()
  const listingSignal = signal ? AbortSignal.any([stopListing.signal, signal]) : stopListing.signal
  const onWarning = (code: string, message: string) => void warnings.push({ code, message })
  const tagsRequest = { signal: listingSignal, again: retryDelayOf(retry), onWarning }
  const listing = tags ? listAllTags(request.source, tagsRequest) : undefined
  if (listing) scope.hold(listing, 'the list of tags')
  try {
    const resolved = await runForResult(Flow.of(request).pipe(resolve({ retry })), scope, signal)
    const { descriptor, bytes } = resolved.document
    const { digest, mediaType } = descriptor
    const names = namesOf(request)
    const host = names.repository === undefined ? undefined : servedBy
    const inspection = { ...names, digest, mediaType, servedBy: host, manifest: bytes, warnings }
    if (manifestOnly) return inspection
    const image = Flow.of(resolved).pipe(
      bySchema(
        {
          index: compose(readMissingPlatforms({ retry }), choosePlatform({ retry })),
          schema1: readSchema1({ requireSignatures }),
        },
        request.limits?.indexDepth,
      ),
      withDeferredConfig,
      fetchConfig<InspectedDocument>({ retry }),
      checkPlatform<InspectedDocument>(),
      stage(async ({ request, document, config }: InspectedDocument, turn) =>
        document.kind === 'schema1'
          ? toInspectedSchema1(document, request.name)
          : toInspectedImage(document, await untilAborted(config.value, turn.signal)),
      ),
    )
    const found = { ...inspection, image: await runForResult(image, scope, signal) }
    if (!listing) return found
    const tagsOrWarning = await listing
    if (signal?.aborted) throw cancelledError(signal.reason, 'inspection')
    if (!('message' in tagsOrWarning)) return { ...found, tags: tagsOrWarning }
    warnings.push(tagsOrWarning)
    return found
  } finally {
    stopListing.abort()
    await scope.close()
  }
}

/** Returns all tags, or a warning if they cannot be listed, so that the inspection does not fail. */
async function listAllTags(
  source: ImageSource,
  request: TagsRequest,
): Promise<readonly string[] | InspectWarning> {
  try {
    const tags: string[] = []
    for await (const page of source.tags(request)) tags.push(...page)
    return tags
  } catch (error) {
    const { message } = asWindlassError(error)
    return { code: 'tags-not-listed', message: `The tags could not be listed: ${message}` }
  }
}

function namesOf({
  name,
  typed,
  digest,
  source,
}: ImageRequest): Pick<Inspection, 'name' | 'repository' | 'tag'> {
  const none = { name, repository: undefined, tag: undefined }
  // An image of the store whose name is not a reference, or an image of a layout.
  if (source instanceof LocalSource && !isLocalImageName(typed)) return none
  const parsed = parseImageName(name)
  if (parsed.kind !== 'registry') return { ...none, tag: parsed.name }
  const reference = withDefaultTag(parsed.reference)
  return { name, repository: reference.name, tag: digest === undefined ? reference.tag : undefined }
}

type Inspectable = Resolved<ImageDocument | ReadSchema1Document>
type InspectedDocument = Inspectable & Pick<AwaitingConfig, 'config'>

const withDeferredConfig = lift(
  map((resolved: Inspectable): InspectedDocument => ({ ...resolved, config: new Deferred() })),
)

function toInspectedImage(
  { descriptor, manifest }: ImageDocument,
  { bytes, config }: ConfigDocument,
): InspectedImage {
  return {
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    platform: formatPlatform(config),
    config: { digest: manifest.config.digest, bytes, value: config },
    layers: manifest.layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
  }
}

function toInspectedSchema1(
  { descriptor, schema1, image }: ReadSchema1Document,
  reference: string,
): InspectedImage {
  const { config } = makeSchema1Config(image, undefined, reference)
  return {
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    platform: formatPlatform(config),
    config: {
      digest: undefined,
      bytes: Buffer.from(schema1.history[0]?.v1Compatibility ?? ''),
      value: config,
    },
    layers: image.layers.map(({ digest }) => ({
      digest,
      mediaType: mediaTypes.dockerLayerGzip,
      size: undefined,
    })),
  }
}
