/** What an image is, by its manifest and config alone: no layer is requested (S4-18). */
import { lastValueFrom, map } from 'rxjs'
import { Flow, Scope, lift, stage } from '../lib/flow/index.js'
import { type Digest, type ImageConfig, formatPlatform } from '../lib/image/index.js'
import {
  type AwaitingConfig,
  type ConfigDocument,
  Eventual,
  type ImageDocument,
  type ImageRequest,
  type Resolved,
  type RetryPolicy,
  bySchema,
  choosePlatform,
  fetchConfig,
  refuseSchema1,
  resolve,
  untilAborted,
} from '../lib/stages/index.js'

export interface Inspection {
  readonly name: string
  /** Digest of what the name points at. */
  readonly digest: Digest
  readonly mediaType: string
  /** What the name points at, byte for byte: a manifest or an index. */
  readonly manifest: Buffer
  /** The image of the platform that was asked for; none when only the manifest was. */
  readonly image?: InspectedImage
}

export interface InspectedImage {
  readonly digest: Digest
  readonly mediaType: string
  readonly platform: string
  readonly config: { readonly digest: Digest; readonly bytes: Buffer; readonly value: ImageConfig }
  readonly layers: readonly { readonly digest: Digest; readonly mediaType: string; readonly size: number }[]
}

export interface InspectOptions {
  readonly retry: RetryPolicy
  /** Stop at the manifest that the name points at. */
  readonly manifestOnly: boolean
}

export async function inspect(
  request: ImageRequest,
  { retry, manifestOnly }: InspectOptions,
): Promise<Inspection> {
  const scope = new Scope()
  try {
    const resolved = await lastValueFrom(Flow.of(request).pipe(resolve({ retry })).toObservable(scope))
    const { descriptor, bytes } = resolved.document
    const { digest, mediaType } = descriptor
    const seen = { name: request.name, digest, mediaType, manifest: bytes }
    if (manifestOnly) return seen
    const image = Flow.of(resolved).pipe(
      bySchema({ index: choosePlatform({ retry }), schema1: refuseSchema1 }),
      awaitingConfig,
      fetchConfig<AwaitingConfig>({ retry }),
      stage(async (each: AwaitingConfig, turn) =>
        inspectedImage(each, await untilAborted(each.config.value, turn.signal)),
      ),
    )
    return { ...seen, image: await lastValueFrom(image.toObservable(scope)) }
  } finally {
    await scope.close()
  }
}

const awaitingConfig = lift(
  map((resolved: Resolved<ImageDocument>): AwaitingConfig => ({ ...resolved, config: new Eventual() })),
)

function inspectedImage({ document }: AwaitingConfig, { bytes, config }: ConfigDocument): InspectedImage {
  const { descriptor, manifest } = document
  return {
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    platform: formatPlatform(config),
    config: { digest: manifest.config.digest, bytes, value: config },
    layers: manifest.layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
  }
}
