/**
 * Brings the config beside the layers: the image travels on at once, its config follows (C11, S2-28).
 * A failure ends the run, and with it the layers, and is the error that is reported (S2-29, S2-32).
 * A schema 1 image has none to bring: it travels on, and its config is made of its layers.
 */
import type { Buffer } from 'node:buffer'
import { Observable, of } from 'rxjs'
import { WindlassError } from '../errors.js'
import { type Stage, type Turn, stage } from '../flow/index.js'
import { type Descriptor, checkConfigAgainstLayers, defaultLimits, parseImageConfig } from '../image/index.js'
import type { Store } from '../store/index.js'
import { configBytes } from './config-bytes.js'
import type { AwaitingConfig, ConfigDocument, ImageDocument, Resolved } from './elements.js'
import { type RetryPolicy, retryingTransfers } from './retry-policy.js'

export interface FetchConfigOptions {
  /** Looked into first, where there is one. */
  readonly store?: Store
  readonly retry: RetryPolicy
}

export function fetchConfig<Image extends AwaitingConfig>({
  store,
  retry,
}: FetchConfigOptions): Stage<Image, Image> {
  return stage(
    (image: Image, turn) => {
      const { document, request } = image
      if (document.kind === 'schema1') return of(image)
      return new Observable<Image>((out) => {
        if (turn.attempt === 1) out.next(image)
        configOf({ document, request }, store, turn).then(
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
  { request, document }: Pick<Resolved<ImageDocument>, 'request' | 'document'>,
  store: Store | undefined,
  turn: Turn,
): Promise<ConfigDocument> {
  const { config: descriptor, layers } = document.manifest
  const within = { configBytes: (request.limits ?? defaultLimits).configBytes, reference: request.name }
  const bytes =
    (await storedConfig(descriptor, store, within.configBytes)) ??
    (await configBytes(request.source, descriptor, { ...within, signal: turn.signal }))
  const config = parseImageConfig(bytes, { ...within, digest: descriptor.digest })
  checkConfigAgainstLayers(config, layers, { reference: request.name })
  return { bytes, config, diffIDs: config.rootfs.diff_ids }
}

/** A config that has rotted in the store is none: it is fetched again, and takes its place (threats §7). */
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
