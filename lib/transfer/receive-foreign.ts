/**
 * Downloads a layer from the foreign URLs of its descriptor (image-spec descriptor.md, `urls`), one URL at a time.
 * Each failure is reported as a `warning`. The bytes are verified like those of the registry.
 */
import { WindlassError } from '../errors.js'
import type { Turn } from '../flow/index.js'
import { type BlobBody, type BlobRequest, type Descriptor, type ImageSource } from '../image/index.js'
import { printable } from '../codec/index.js'
import type { BlobRoute } from './blob-route.js'
import { type ReceivingLayer, isMismatch, receive, startOver } from './receive.js'

/** Code of the `warning` about a foreign URL that failed. */
export const foreignUrlFailed = 'foreign-url-failed'

/**
 * Tries the remaining URLs of `route` in order until one provides the layer. A URL whose failure is final is dropped
 * from `route`.
 * @throws BLOB_UNKNOWN, the registry's own code or that of a mismatch when every URL failed, with all failures in
 * `cause`; retryable if one of them is. Errors of the store are thrown unchanged.
 */
export async function receiveForeign(layer: ReceivingLayer, turn: Turn, route: BlobRoute): Promise<void> {
  const { source, descriptor } = layer
  const failures: { readonly url: string; readonly error: WindlassError }[] = []
  for (const url of route.urls) {
    try {
      await receive(layer, turn, {
        from: displayUrl(url),
        fetch: (request) => fetchFrom(source, url, descriptor, request),
      })
      await assertWhole(layer, turn)
      return
    } catch (error) {
      if (turn.signal.aborted || !(error instanceof WindlassError) || !isOfSource(error)) throw error
      if (!error.retryable) route.drop(url)
      failures.push({ url, error })
      const { message, subject } = error
      const { status } = subject
      turn.emit({
        ...{
          type: 'warning',
          code: foreignUrlFailed,
          message,
          digest: descriptor.digest,
          url: displayUrl(url),
        },
        ...(status !== undefined && { status }),
      })
    }
  }
  throw allFailed(layer, route, failures)
}

/**
 * Reports whether an error concerns the source, so that another source may succeed: access, a missing blob, wrong
 * bytes, the network, or a redirect.
 */
export const isOfSource = (error: WindlassError): boolean =>
  error.exitCode === 3 ||
  error.exitCode === 4 ||
  error.exitCode === 6 ||
  error.code === 'LIMIT_EXCEEDED' ||
  isMismatch(error)

function fetchFrom(
  source: ImageSource,
  url: string,
  descriptor: Descriptor,
  request: BlobRequest,
): Promise<BlobBody> {
  if (source.foreignBlob) return source.foreignBlob(url, descriptor, request)
  throw new WindlassError('UNSUPPORTED', `${source.host} does not support foreign URLs`)
}

/** Verifies the complete file. Wrong bytes are discarded, so that the next URL starts with an empty file. */
async function assertWhole(layer: ReceivingLayer, turn: Turn): Promise<void> {
  try {
    layer.arriving.file.verify()
  } catch (error) {
    await startOver(layer, turn)
    throw error
  }
}

function allFailed(
  { descriptor: { digest }, source }: ReceivingLayer,
  { refusal }: BlobRoute,
  failures: readonly { readonly url: string; readonly error: WindlassError }[],
): WindlassError {
  const errors = failures.map(({ error }) => error)
  const wrong = errors.find(isMismatch)
  const named = errors.find(({ code, hint }) => code === 'REDIRECT_REFUSED' && hint !== undefined)
  const list = [...(refusal ? [refusal] : []), ...errors].map(({ message }) => message)
  const urls = errors.length === 1 ? 'the foreign URL of the layer' : 'a foreign URL of the layer'
  return new WindlassError(
    wrong?.code ?? refusal?.code ?? 'BLOB_UNKNOWN',
    `Failed to download layer ${digest} from ${source.host} or ${urls}: ${list.join('; ')}`,
    {
      digest,
      host: source.host,
      retryable: errors.some(({ retryable }) => retryable),
      cause: new AggregateError(refusal ? [refusal, ...errors] : errors, 'Every source of the layer failed'),
      hint:
        named?.hint ??
        'The manifest lists these sources for the layer. Tell whoever publishes the image that none of them works.',
    },
  )
}

/** Formats a URL for messages: without user info, query and fragment. */
const displayUrl = (url: string): string =>
  printable(url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1'), 500)
