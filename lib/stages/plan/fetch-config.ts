/**
 * Brings the config beside the layers: the image travels on at once, its config follows.
 * A failure ends the run, and with it the layers, and is the error that is reported.
 * A schema 1 image has none to bring: it travels on, and its config is made of its layers.
 */
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
import type { Store } from '../../store/index.js'
import { configBytes } from '../resolve/config-bytes.js'
import { emitUnclear } from '../resolve/manifest-event.js'
import type { AwaitingConfig, ConfigDocument, ImageDocument, IndexDocument, Resolved } from '../elements.js'
import { type RetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

export interface FetchConfigOptions {
  /** Looked into first, where there is one. */
  readonly store?: Store
  readonly retry: RetryPolicy
}

export function fetchConfig<Image extends AwaitingConfig>({
  store,
  retry,
}: FetchConfigOptions): Stage<Image, Image> {
  return pullStage(
    (image: Image, turn) => {
      const { document, request, trail } = image
      if (document.kind === 'schema1') return of(image)
      return new Observable<Image>((out) => {
        if (turn.attempt === 1) out.next(image)
        configOf({ document, request, trail }, store, turn).then(
          (config) => {
            image.config.settle(config)
            out.complete()
          },
          (error: unknown) => {
            out.error(error)
          },
        )
      })
    },
    { name: 'fetch-config', order: 'source', supervise: retryingTransfers(retry) },
  )
}

async function configOf(
  { request, document, trail }: Resolved<ImageDocument>,
  store: Store | undefined,
  turn: PullTurn,
): Promise<ConfigDocument> {
  const { config: descriptor, layers } = document.manifest
  const within = { configBytes: (request.limits ?? defaultLimits).configBytes, reference: request.name }
  const bytes =
    (await storedConfig(descriptor, store, within.configBytes)) ??
    (await configBytes(request.source, descriptor, { ...within, signal: turn.signal }))
  const notices: string[] = []
  const notice = (text: string): void => void notices.push(text)
  const platform = listedPlatform(document, trail) ?? request.platform
  const config = parseImageConfig(bytes, { ...within, digest: descriptor.digest, platform, notice })
  checkConfigAgainstLayers(config, layers, { reference: request.name }, notice)
  emitUnclear(turn, `The config of ${request.name}`, notices, descriptor.digest)
  return { bytes, config, diffIDs: config.rootfs.diff_ids }
}

/** What the index that led here says that the image is for. */
const listedPlatform = (
  { descriptor }: ImageDocument,
  trail: readonly IndexDocument[],
): Platform | undefined =>
  trail.at(-1)?.index.manifests.find(({ digest }) => digest === descriptor.digest)?.platform

/** A config that has rotted in the store is none: it is fetched again, and takes its place. */
async function storedConfig(
  { digest, size }: Descriptor,
  store: Store | undefined,
  maxBytes: number,
): Promise<Buffer | undefined> {
  if (!store || !(await store.blobs.has(digest, size))) return undefined
  return store.blobs.read(digest, maxBytes).catch((error: unknown) => {
    if (error instanceof WindlassError && error.code === 'STORE_CORRUPT') return undefined
    throw error
  })
}
