/**
 * Brings the config beside the layers: the image travels on at once, its config follows (C11, S2-28).
 * A failure ends the run, and with it the layers, and is the error that is reported (S2-29, S2-32).
 */
import { Observable } from 'rxjs'
import { Verifier, readCapped } from '../bytes/index.js'
import { type Stage, type Turn, stage } from '../flow/index.js'
import { checkConfigAgainstLayers, parseImageConfig } from '../image/index.js'
import type { Store } from '../store/index.js'
import type { ConfigDocument, ImageDocument, Resolved } from './elements.js'
import type { Eventual } from './eventual.js'
import { type RetryPolicy, retryingTransfers } from './retry-policy.js'

/** The largest config that is read, in bytes (threats §5). */
export const largestConfig = 4 * 1024 * 1024

/** An image whose config is to follow. */
export interface AwaitingConfig extends Resolved<ImageDocument> {
  readonly config: Eventual<ConfigDocument>
}

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
    (image: Image, turn) =>
      new Observable<Image>((out) => {
        if (turn.attempt === 1) out.next(image)
        configOf(image, store, turn).then(
          (config) => {
            image.config.settle(config)
            out.complete()
          },
          (error: unknown) => {
            out.error(error)
          },
        )
      }),
    { name: 'fetch-config', order: 'source', supervise: retryingTransfers(retry) },
  )
}

async function configOf(
  { request, document }: AwaitingConfig,
  store: Store | undefined,
  turn: Turn,
): Promise<ConfigDocument> {
  const { config: descriptor, layers } = document.manifest
  const bytes =
    store && (await store.blobs.has(descriptor.digest))
      ? await store.blobs.read(descriptor.digest, largestConfig)
      : await fetchVerified()
  const config = parseImageConfig(bytes, { digest: descriptor.digest, reference: request.name })
  checkConfigAgainstLayers(config, layers, { reference: request.name })
  return { bytes, config, diffIDs: config.rootfs.diff_ids }

  async function fetchVerified(): Promise<Buffer> {
    const { stream } = await request.source.blob(descriptor, { signal: turn.signal })
    const fetched = await readCapped(stream, {
      limit: largestConfig,
      name: 'the config limit',
      what: `the config of ${request.name}`,
    })
    const verifier = new Verifier(descriptor, 'image config')
    verifier.update(fetched)
    verifier.check()
    return fetched
  }
}
