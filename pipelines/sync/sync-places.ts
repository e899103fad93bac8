/** Defines where a sync reads and writes: the registries and layouts behind the names of a list. */
import type { ImageSource } from '../../lib/image/index.js'
import type { ImageRequest } from '../../lib/stages/index.js'
import { type CopyTarget, type RetryPolicy, retryDelayOf } from '../../lib/transfer/index.js'
import { retried } from '../artifacts/retried.js'

/** Opens sources and targets by the names in a list. Opening sends no request. */
export interface SyncPlaces {
  /** Returns the request for an image. @throws REFERENCE_INVALID, PLATFORM_INVALID */
  request(name: string, platform: string | undefined): ImageRequest
  /** Returns the target that a name states. @throws REFERENCE_INVALID, USAGE */
  target(name: string): CopyTarget
  /** Retries of manifests, lists of tags, and questions to targets. */
  readonly retry: RetryPolicy
}

/** Options of `readTags`. */
export interface ReadTagsOptions extends Pick<SyncPlaces, 'retry'> {
  readonly signal: AbortSignal
  readonly onWarning: (code: string, message: string) => void
}

/** Returns all tags of a repository, or all names of a layout. @throws errors of `tags`; CANCELLED */
export async function readTags(
  tags: ImageSource['tags'],
  { retry, signal, onWarning }: ReadTagsOptions,
): Promise<readonly string[]> {
  const all: string[] = []
  for await (const page of tags({ signal, onWarning, again: retryDelayOf(retry) })) all.push(...page)
  return all
}

/** Returns the result of `work`, which is repeated after failures that may pass. @throws the last error; CANCELLED */
export const withSyncRetries = <T>(
  work: () => Promise<T>,
  { retry }: Pick<SyncPlaces, 'retry'>,
  signal: AbortSignal,
): Promise<T> => retried(work, { again: retryDelayOf(retry), signal })
