/** What an image is, by its manifest and config alone: no layer is requested. */
import { map } from 'rxjs'
import { asWindlassError } from '../lib/errors.js'
import { Flow, Scope, compose, lift, stage } from '../lib/flow/index.js'
import {
  type Digest,
  type ImageConfig,
  type ImageSource,
  type TagsRequest,
  formatPlatform,
  makeSchema1Config,
  mediaTypes,
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
  fillPlatforms,
  readSchema1,
  resolve,
} from '../lib/stages/index.js'
import { Deferred, untilAborted } from '../lib/flow/index.js'
import { type RetryPolicy, againAfter } from '../lib/transfer/index.js'
import { toPullEvent } from '../lib/events/index.js'
import { LayoutSource } from '../lib/sources/index.js'
import { cancelled, only } from './only.js'

export interface Inspection {
  readonly name: string
  /** `docker.io/library/alpine`; none of an image in a layout. */
  readonly repository: string | undefined
  /** The one that was asked for; none where a digest was. */
  readonly tag: string | undefined
  /** Digest of what the name points at. */
  readonly digest: Digest
  readonly mediaType: string
  /** What the name points at, byte for byte: a manifest or an index. */
  readonly manifest: Buffer
  /** The image of the platform that was asked for; none when only the manifest was. */
  readonly image?: InspectedImage
  /** All tags of the repository, where they were asked for and could be listed. */
  readonly tags?: readonly string[]
  /** What was found odd, or could not be found out. */
  readonly warnings: readonly InspectWarning[]
}

export interface InspectWarning {
  readonly code: string
  readonly message: string
}

export interface InspectedImage {
  readonly digest: Digest
  readonly mediaType: string
  readonly platform: string
  readonly config: {
    /** None of a schema 1 image: its config is made of its layers' bytes. */
    readonly digest: Digest | undefined
    /** As they came; of a schema 1 image, the v1 config of its topmost layer. */
    readonly bytes: Buffer
    /** Of a schema 1 image, without diffIDs. */
    readonly value: ImageConfig
  }
  /** Base first. A schema 1 manifest says no sizes. */
  readonly layers: readonly {
    readonly digest: Digest
    readonly mediaType: string
    readonly size: number | undefined
  }[]
}

export interface InspectRequest {
  /** Stop at the manifest that the name points at (false). */
  readonly manifestOnly?: boolean
  /** List the tags of the repository, too (false). One that will not have them listed is inspected all the same. */
  readonly tags?: boolean
  readonly signal?: AbortSignal
}

export interface InspectOptions extends InspectRequest {
  readonly retry: RetryPolicy
  /** Of a schema 1 manifest. */
  readonly requireSignatures?: boolean
}

export async function inspect(
  request: ImageRequest,
  { retry, manifestOnly = false, tags = false, signal, requireSignatures = false }: InspectOptions,
): Promise<Inspection> {
  const scope = new Scope()
  const warnings: InspectWarning[] = []
  scope.events.subscribe((event) => {
    const told = toPullEvent(event)
    if (told?.type === 'warning') warnings.push({ code: told.code, message: told.message })
  })
  const listing = new AbortController()
  const ends = signal ? AbortSignal.any([listing.signal, signal]) : listing.signal
  const onWarning = (code: string, message: string) => void warnings.push({ code, message })
  const asked = { signal: ends, again: againAfter(retry), onWarning }
  const listed = tags ? listAll(request.source, asked) : undefined
  if (listed) scope.hold(listed, 'the list of tags')
  try {
    const resolved = await only(Flow.of(request).pipe(resolve({ retry })), scope, signal)
    const { descriptor, bytes } = resolved.document
    const { digest, mediaType } = descriptor
    const seen = { ...named(request), digest, mediaType, manifest: bytes, warnings }
    if (manifestOnly) return seen
    const image = Flow.of(resolved).pipe(
      bySchema(
        {
          index: compose(fillPlatforms({ retry }), choosePlatform({ retry })),
          schema1: readSchema1({ requireSignatures }),
        },
        request.limits?.indexDepth,
      ),
      awaitingConfig,
      fetchConfig<InspectedDocument>({ retry }),
      checkPlatform<InspectedDocument>(),
      stage(async ({ request, document, config }: InspectedDocument, turn) =>
        document.kind === 'schema1'
          ? inspectedSchema1(document, request.name)
          : inspectedImage(document, await untilAborted(config.value, turn.signal)),
      ),
    )
    const found = { ...seen, image: await only(image, scope, signal) }
    if (!listed) return found
    const all = await listed
    if (signal?.aborted) throw cancelled(signal.reason, 'inspection')
    if (!('message' in all)) return { ...found, tags: all }
    warnings.push(all)
    return found
  } finally {
    listing.abort()
    await scope.close()
  }
}

/** All tags, or why there is no list of them: that is no reason to fail. */
async function listAll(
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

function named({
  name,
  typed,
  digest,
  source,
}: ImageRequest): Pick<Inspection, 'name' | 'repository' | 'tag'> {
  const none = { name, repository: undefined, tag: undefined }
  // Of the store under a name that is no reference, or of a layout.
  if (source instanceof LayoutSource && !typed.startsWith('oci:')) return none
  const parsed = parseImageName(typed)
  if (parsed.kind === 'layout') return { ...none, tag: parsed.name }
  const reference = withDefaultTag(parsed.reference)
  return { name, repository: reference.name, tag: digest === undefined ? reference.tag : undefined }
}

type Inspectable = Resolved<ImageDocument | ReadSchema1Document>
type InspectedDocument = Inspectable & Pick<AwaitingConfig, 'config'>

const awaitingConfig = lift(
  map((resolved: Inspectable): InspectedDocument => ({ ...resolved, config: new Deferred() })),
)

function inspectedImage(
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

function inspectedSchema1(
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
