/**
 * Reads a blob from one place after another. A mirror that fails in the middle of the blob is left; the next place
 * continues at the same byte. What mirrors send is verified, so that a mirror that sends wrong bytes is named.
 */
import { Readable } from 'node:stream'
import { Verifier } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import {
  type BlobBody,
  type BlobOrigin,
  type BlobRequest,
  type Descriptor,
  concernsPlace,
} from '../../image/index.js'
import { streamOf } from './stream-of.js'

/** Maximum size in bytes of a blob that is verified before its first byte is passed on. */
const maxBufferedBytes = 4 * 2 ** 20

/** A blob to read. */
interface Reading {
  readonly descriptor: Descriptor
  readonly request: BlobRequest
}

/** An open blob, and where it came from. */
interface Opened {
  readonly body: BlobBody
  readonly origin: BlobOrigin
  /** The places to continue from after a failure. */
  readonly rest: readonly BlobOrigin[]
}

/**
 * Opens a blob at the first of `origins` that has it. A small blob of a mirror is verified at once. The stream of a
 * large one fails with DIGEST_MISMATCH at its end, before the last bytes, if mirrors sent wrong bytes; the next attempt
 * then reads from another place.
 * @throws the error of the last place
 */
export async function readFromPlaces(
  origins: readonly BlobOrigin[],
  descriptor: Descriptor,
  request: BlobRequest,
): Promise<BlobBody> {
  const reading = { descriptor, request }
  const opened = await openFirst(origins, reading, async ({ body, origin, rest }) => {
    const isWhole = body.offset === 0 && request.length === undefined
    if (!origin.isMirror || !isWhole || descriptor.size > maxBufferedBytes) return { body, origin, rest }
    const stream = Readable.from([await readWhole(body, descriptor)], { objectMode: false })
    return { body: { ...body, stream }, origin, rest: [] }
  })
  if (opened.rest.length === 0) return opened.body
  let current = opened
  const onMove = (next: Opened): void => {
    current = next
  }
  const { offset, size, validator } = opened.body
  const stop = (): void => void current.body.stream.on('error', () => undefined).destroy()
  const stream = streamOf(readOn(opened, reading, onMove), stop)
  return {
    ...{ offset, size, validator, stream },
    get host() {
      return current.body.host
    },
  }
}

/** Opens a blob at one place after another, until `accept` accepts it. */
async function openFirst(
  origins: readonly BlobOrigin[],
  { descriptor, request }: Reading,
  accept: (opened: Opened) => Promise<Opened>,
): Promise<Opened> {
  for (const [index, origin] of origins.entries()) {
    try {
      const body = await origin.blob(descriptor, request)
      return await accept({ body, origin, rest: origins.slice(index + 1) })
    } catch (error) {
      if (!origin.isMirror || request.signal?.aborted === true || !concernsPlace(error)) throw error
      origin.recordFailure(error)
    }
  }
  throw new WindlassError('INTERNAL', `The blob ${descriptor.digest} has no place`)
}

/** Reads a blob into memory. @throws SIZE_MISMATCH, DIGEST_MISMATCH, which name the host; errors of the stream */
async function readWhole({ stream, host }: BlobBody, descriptor: Descriptor): Promise<Buffer> {
  const verifier = new Verifier(descriptor, 'blob')
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      verifier.update(chunk)
      chunks.push(chunk)
    }
    verifier.check()
    return Buffer.concat(chunks)
  } catch (error) {
    throw namedError(error, [host])
  } finally {
    stream.destroy()
  }
}

/** Yields the bytes of `first`, and after a failure of a mirror those of the next places. */
async function* readOn(
  first: Opened,
  { descriptor, request }: Reading,
  onMove: (opened: Opened) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const { offset = 0, length = Infinity } = request
  // A place that sends the whole blob starts before the requested part.
  const start = first.body.offset
  const end = Math.min(descriptor.size, offset + length)
  const verifier = start === 0 && end === descriptor.size ? new Verifier(descriptor, 'blob') : undefined
  const mirrors = new Set<BlobOrigin>()
  let position = start
  for (let opened = first; ;) {
    const { body, origin, rest } = opened
    if (origin.isMirror) mirrors.add(origin)
    let bytesToSkip = position - body.offset
    let failure: unknown
    const chunks = (body.stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    try {
      while (position < end) {
        // Only errors of the place lead to the next one, not errors that the reader throws into this generator.
        const next = await chunks.next().catch((error: unknown) => {
          failure = error
        })
        if (next === undefined || next.done === true) break
        const wanted = next.value.subarray(Math.max(0, bytesToSkip))
        bytesToSkip -= next.value.length - wanted.length
        if (wanted.length === 0) continue
        const bytes = wanted.subarray(0, end - position)
        verifier?.update(bytes)
        position += bytes.length
        if (position === end && verifier) assertDigest(verifier, mirrors)
        yield bytes
      }
    } finally {
      body.stream.on('error', () => undefined).destroy()
    }
    if (position >= end) return
    failure ??= new WindlassError(
      'NETWORK',
      `Reading the blob ${descriptor.digest} failed: ${body.host} ended the transfer after ${position} of ${end} bytes`,
      { digest: descriptor.digest, host: body.host },
    )
    if (!origin.isMirror || request.signal?.aborted === true || !concernsPlace(failure)) throw failure
    origin.recordFailure(failure)
    const { signal, onRequest } = request
    // A validator is that of one place.
    const remaining = { ...(signal && { signal }), onRequest, offset: position, length: end - position }
    opened = await openFirst(rest, { descriptor, request: remaining }, (next) => Promise.resolve(next))
    onMove(opened)
  }
}

/** @throws DIGEST_MISMATCH, which names the mirrors, and is retryable since they are not asked again */
function assertDigest(verifier: Verifier, mirrors: ReadonlySet<BlobOrigin>): void {
  try {
    verifier.check()
  } catch (error) {
    const named = namedError(
      error,
      [...mirrors].map(({ host }) => host),
    )
    for (const mirror of mirrors) mirror.recordFailure(named)
    throw named
  }
}

function namedError(error: unknown, hosts: readonly string[]): WindlassError {
  if (!(error instanceof WindlassError)) throw error
  const { code, message, subject, hint } = error
  if (error.exitCode !== 5) return error
  return new WindlassError(code, `${hosts.join(' or ')} sent wrong bytes: ${message}`, {
    ...{ ...subject, cause: error, retryable: true },
    ...(hosts[0] !== undefined && { host: hosts[0] }),
    ...(hint !== undefined && { hint }),
  })
}
