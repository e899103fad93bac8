/**
 * Provides `fastestOrigin`: several places of a blob as one. The blob comes from the place that answers first. A place
 * that falls behind, or stops, is overtaken: the next place is opened at the same byte, and if it sends first, the rest of
 * the blob comes from there.
 */
import { WindlassError } from '../../errors.js'
import {
  type BlobBody,
  type BlobOrigin,
  type BlobRequest,
  type Descriptor,
  concernsPlace,
  isMismatch,
} from '../../image/index.js'
import type { PlaceRates } from './place-rates.js'
import { PlaceReader, endedEarlyError } from './place-reader.js'
import { streamOf } from './stream-of.js'

/** Milliseconds without an answer after which the next place is asked too. */
const answerPatience = 250

/** Milliseconds without bytes, and between two checks of the rate, after which the next place is asked too. */
const bytesPatience = 500

/** Returns one place that consists of `origins`. It counts as a mirror: after a failure, other places are tried. */
export function fastestOrigin(origins: readonly BlobOrigin[], rates: PlaceRates): BlobOrigin {
  /** The places that contributed to the last blob. */
  let contributors: ReadonlySet<BlobOrigin> = new Set()
  return {
    host: origins.map(({ host }) => host).join(' or '),
    isMirror: true,
    blob: async (descriptor, request = {}) => {
      const race = new Race(origins, descriptor, request, rates)
      contributors = race.contributors
      return race.open()
    },
    recordFailure: (error) => {
      const isWrong: boolean = isMismatch(error)
      if (isWrong) for (const origin of contributors) origin.recordFailure(error)
    },
  }
}

/** One read of a blob from several places. */
class Race {
  readonly contributors = new Set<BlobOrigin>()
  readonly #descriptor: Descriptor
  readonly #request: BlobRequest
  readonly #rates: PlaceRates
  readonly #hosts: readonly string[]
  /** The places that have not been opened. */
  readonly #rest: BlobOrigin[]
  #current: PlaceReader | undefined
  #candidate: AbortController | undefined
  readonly #stopping = new AbortController()

  constructor(
    origins: readonly BlobOrigin[],
    descriptor: Descriptor,
    request: BlobRequest,
    rates: PlaceRates,
  ) {
    this.#rest = [...origins]
    this.#hosts = origins.map(({ host }) => host)
    this.#descriptor = descriptor
    // A validator is that of one place.
    const { signal, offset, length, onRequest } = request
    this.#request = {
      ...(signal && { signal }),
      ...(offset !== undefined && { offset }),
      ...(length !== undefined && { length }),
      onRequest,
    }
    this.#rates = rates
  }

  async open(): Promise<BlobBody> {
    const first = await this.#openFirst()
    this.#use(first)
    const { offset, size } = first.body
    const isPart = this.#request.length !== undefined && offset === (this.#request.offset ?? 0)
    const end = isPart ? Math.min(this.#descriptor.size, offset + (this.#request.length ?? 0)) : undefined
    const stream = streamOf(this.#read(first, offset, end ?? this.#descriptor.size), () => this.#stop())
    const host = (): string => this.#current?.body.host ?? first.body.host
    return {
      ...{ offset, size, stream, validator: undefined },
      get host() {
        return host()
      },
    }
  }

  /** Opens the places one after another until one answers. @throws the error of the last place */
  async #openFirst(): Promise<PlaceReader> {
    const opening = new Map<AbortController, Promise<PlaceReader | undefined>>()
    let failure: Error | undefined
    for (;;) {
      const origin = this.#rest.shift()
      if (origin !== undefined) {
        const abort = new AbortController()
        const opened = PlaceReader.open(origin, this.#descriptor, this.#request, abort).catch(
          (error: unknown) => {
            opening.delete(abort)
            // If another place has answered first, this request was aborted.
            if (!abort.signal.aborted) failure = this.#fail(origin, error)
            return undefined
          },
        )
        opening.set(abort, opened)
      }
      if (opening.size === 0) throw failure ?? new WindlassError('INTERNAL', 'A blob has no place')
      const wait = this.#rest.length > 0 ? answerPatience : undefined
      const reader = await withTimeout(Promise.race(opening.values()), wait).catch((error: unknown) => {
        for (const abort of opening.keys()) abort.abort()
        throw error
      })
      if (reader === undefined) {
        if (this.#request.signal?.aborted === true && failure) throw failure
        continue
      }
      for (const [abort, other] of opening) {
        void other.then((each) => each !== reader && each?.close())
        if (!reader.isClosedBy(abort)) abort.abort()
      }
      return reader
    }
  }

  async *#read(first: PlaceReader, start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    let position = start
    let reader = first
    let candidate: Promise<PlaceReader | undefined> | undefined
    /** Position at which the candidate was opened. */
    let candidatePosition = 0
    let pending = settled(reader.next())
    const challenge = (): void => {
      if (candidate !== undefined) return
      candidatePosition = position
      candidate = this.#openCandidate(position, end)
    }
    const moveTo = async (next: PlaceReader): Promise<void> => {
      this.#leave(reader)
      await next.skip(position - candidatePosition)
      candidate = undefined
      reader = next
      this.#use(next)
      pending = settled(reader.next())
    }
    try {
      while (position < end && !this.#isStopped()) {
        const won = await withTimeout(
          Promise.race([
            pending.then((chunk) => ({ chunk })),
            ...(candidate ? [candidate.then((next) => ({ next }))] : []),
          ]),
          bytesPatience,
        )
        if (this.#isStopped()) return
        if (won === undefined) challenge()
        else if ('next' in won) {
          const { next } = won
          if (next === undefined) candidate = undefined
          else if (position - candidatePosition <= next.bytes) await moveTo(next)
          else {
            // The present place has caught up.
            next.close()
            this.#rest.unshift(next.origin)
            candidate = undefined
          }
        } else if ('bytes' in won.chunk && won.chunk.bytes !== undefined) {
          const bytes = won.chunk.bytes.subarray(0, end - position)
          position += bytes.length
          yield bytes
          const progress = { bytes: reader.bytes, milliseconds: reader.waited }
          if (
            reader.waited > bytesPatience &&
            this.#rates.isBehind(reader.origin.host, progress, this.#hosts)
          )
            challenge()
          pending = settled(reader.next())
        } else {
          const error =
            'error' in won.chunk ? won.chunk.error : endedEarlyError(reader, this.#descriptor, position)
          const failure = this.#fail(reader.origin, error)
          challenge()
          const next = await candidate
          if (this.#isStopped()) return
          if (next === undefined) throw failure
          await moveTo(next)
        }
      }
    } finally {
      this.#leave(reader)
      this.#candidate?.abort()
      void candidate?.then((each) => each?.close())
    }
  }

  /** Opens the next place that answers at `position`; undefined if there is none. */
  async #openCandidate(position: number, end: number): Promise<PlaceReader | undefined> {
    for (let origin = this.#rest.shift(); origin !== undefined; origin = this.#rest.shift()) {
      const abort = (this.#candidate = new AbortController())
      try {
        const request = { ...this.#request, offset: position, length: end - position }
        return await PlaceReader.open(origin, this.#descriptor, request, abort)
      } catch (error) {
        if (abort.signal.aborted) return undefined
        this.#fail(origin, error)
      }
    }
    return undefined
  }

  #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  #stop(): void {
    this.#stopping.abort()
    this.#current?.close()
    this.#candidate?.abort()
  }

  #use(reader: PlaceReader): void {
    this.#current = reader
    this.contributors.add(reader.origin)
  }

  #leave(reader: PlaceReader): void {
    this.#rates.record(reader.origin.host, reader.bytes, reader.waited)
    reader.close()
  }

  /** Records the failure of a place. @throws `error` if other places would fail too */
  #fail(origin: BlobOrigin, error: unknown): WindlassError {
    if (!concernsPlace(error) || this.#request.signal?.aborted === true) throw error
    origin.recordFailure(error)
    return error
  }
}

/** The outcome of a read. */
type Chunk = { readonly bytes: Buffer | undefined } | { readonly error: unknown }

const settled = (read: Promise<Buffer | undefined>): Promise<Chunk> =>
  read.then(
    (bytes) => ({ bytes }),
    (error: unknown) => ({ error }),
  )

/** Returns the result of `work`; undefined after `milliseconds`. */
async function withTimeout<T>(work: Promise<T>, milliseconds: number | undefined): Promise<T | undefined> {
  if (milliseconds === undefined) return work
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
