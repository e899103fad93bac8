/**
 * Fetches the config of an image concurrently with the layers. A schema 1 image has no config to fetch:
 * `convertSchema1` creates it from the layers.
 */
import { requestEvents } from '../../transfer/request-events.js'
import type { Buffer } from 'node:buffer'
import { Observable, of } from 'rxjs'
import { WindlassError } from '../../errors.js'
import { type Stage } from '../../flow/index.js'
import { type PullTurn, pullStage } from '../pull-stage.js'
import {
  type Descriptor,
  type Platform,
  checkConfigAgainstLayers,
  parseImageConfig,
} from '../../image/index.js'
import { defaultLimits } from '../../limits.js'
import type { StoreContents } from '../../store/index.js'
import { fetchConfigBytes } from '../../transfer/documents/config-bytes.js'
import { emitUnclear } from '../../transfer/documents/manifest-event.js'
import type { AwaitingConfig, ConfigDocument, ImageDocument, IndexDocument, Resolved } from '../elements.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** Settings of `fetchConfig`. */
export interface FetchConfigOptions {
  /** A store to read the config from, if it has it. */
  readonly store?: Pick<StoreContents, 'blobs'>
  readonly retry: RetryPolicy
}

/**
 * Returns the stage that emits each image at once and settles its `config` when the config has arrived. A failure fails
 * the whole pull with its error.
 * @throws CONFIG_INVALID when the config is malformed; ROOTFS_MISMATCH when it does not fit the layers;
 * LIMIT_EXCEEDED, SIZE_MISMATCH, DIGEST_MISMATCH; errors of the source
 */
export function fetchConfig<Image extends AwaitingConfig>({
  store,
  retry,
}: FetchConfigOptions): Stage<Image, Image> {
  return pullStage(
    (image: Image, turn) => {
      const { document, request, parentIndexes } = image
      if (document.kind === 'schema1') return of(image)
      return new Observable<Image>((out) => {
        image.config.begin()
        if (turn.attempt === 1) out.next(image)
        const fetched = configOf({ document, request, parentIndexes }, store, turn).then(
          (config) => {
            image.config.settle(config)
            out.complete()
          },
          (error: unknown) => {
            out.error(error)
          },
        )
        turn.defer(() => fetched) // an aborted request takes time to end
      })
    },
    { name: 'fetch-config', order: 'source', supervise: retryingTransfers(retry) },
  )
}

async function configOf(
  { request, document, parentIndexes }: Resolved<ImageDocument>,
  store: Pick<StoreContents, 'blobs'> | undefined,
  turn: PullTurn,
): Promise<ConfigDocument> {
  const { config: descriptor, layers } = document.manifest
  const options = { configBytes: (request.limits ?? defaultLimits).configBytes, reference: request.name }
  const { control } = request
  const bytes =
    (await storedConfig(descriptor, store, options.configBytes)) ??
    (await fetchConfigBytes(request.source, descriptor, {
      ...{ ...options, control, signal: turn.signal },
      onRequest: requestEvents(turn, descriptor.digest),
    }))
  const notices: string[] = []
  const notice = (text: string): void => void notices.push(text)
  const platform = listedPlatform(document, parentIndexes) ?? request.platform
  const config = parseImageConfig(bytes, { ...options, digest: descriptor.digest, platform, notice })
  checkConfigAgainstLayers(config, layers, { reference: request.name }, notice)
  emitUnclear(turn, `The config of ${request.name}`, notices, descriptor.digest)
  return { bytes, config, diffIDs: config.rootfs.diff_ids }
}

/** Returns the platform that the innermost index states for the image. */
const listedPlatform = (
  { descriptor }: ImageDocument,
  parentIndexes: readonly IndexDocument[],
): Platform | undefined =>
  parentIndexes.at(-1)?.index.manifests.find(({ digest }) => digest === descriptor.digest)?.platform

/**
 * Reads the config from the store. Returns undefined if it is missing or corrupt: it is then fetched again and
 * replaced.
 */
async function storedConfig(
  { digest, size }: Descriptor,
  store: Pick<StoreContents, 'blobs'> | undefined,
  maxBytes: number,
): Promise<Buffer | undefined> {
  if (!store || !(await store.blobs.has(digest, size))) return undefined
  return store.blobs.read(digest, maxBytes).catch((error: unknown) => {
    if (error instanceof WindlassError && error.code === 'STORE_CORRUPT') return undefined
    throw error
  })
}
