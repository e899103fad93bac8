/**
 * Lists the places of a layer: the mirrors of its registry, the registry, then the foreign URLs of its descriptor
 * (image-spec descriptor.md, `urls`).
 */
import { printable } from '../../codec/index.js'
import type { WindlassError } from '../../errors.js'
import {
  type BlobOrigin,
  type Descriptor,
  type ImageSource,
  isFailureOfPlace,
  mirrorFailed,
} from '../../image/index.js'
import type { BlobPlace } from './blob-place.js'
import { PlaceList } from './place-list.js'

/**
 * Order in which the `urls` of the descriptor of a layer are tried after the registry. `only-registry`: they are not
 * tried.
 */
export type ForeignUrlOrder = 'last-first' | 'first-last' | 'only-registry'

/** Code of the `warning` about a foreign URL that failed. */
export const foreignUrlFailed = 'foreign-url-failed'

/** Maximum number of foreign URLs tried for a layer. A manifest may list any number. */
const maxUrls = 32

/** Returns the places of a layer. At most 32 foreign URLs are used, and none if `source` has no `foreignBlob`. */
export function placesOf(descriptor: Descriptor, source: ImageSource, order: ForeignUrlOrder): PlaceList {
  const registry: BlobPlace = {
    from: source.host,
    fetch: (request) => source.blob(descriptor, request),
  }
  return new PlaceList([registry], foreignPlaces(descriptor, source, order))
}

/**
 * Returns the places of a layer as `placesOf`, with the mirrors of the source before its registry. They are known after
 * `PlaceList.load`.
 */
export function placesWithMirrors(
  descriptor: Descriptor,
  source: ImageSource,
  order: ForeignUrlOrder,
): PlaceList {
  const list = placesOf(descriptor, source, order)
  const origins = source.blobOrigins?.bind(source)
  if (origins === undefined) return list
  return list.withFirstRank(async (signal) =>
    (await origins({ signal })).map((origin) => placeOf(origin, descriptor)),
  )
}

const placeOf = (origin: BlobOrigin, descriptor: Descriptor): BlobPlace => ({
  from: origin.host,
  isMirror: origin.isMirror,
  fetch: (request) => origin.blob(descriptor, request),
  ...(origin.isMirror && {
    onFailure: (error: WindlassError) => {
      origin.recordFailure(error)
      const { message, subject } = error
      if (!isFailureOfPlace(error)) return undefined
      return {
        ...({ type: 'warning', code: mirrorFailed, message, digest: descriptor.digest } as const),
        ...(subject.status !== undefined && { status: subject.status }),
      }
    },
  }),
})

function foreignPlaces(
  descriptor: Descriptor,
  source: ImageSource,
  order: ForeignUrlOrder,
): readonly BlobPlace[] {
  const { urls = [], digest } = descriptor
  if (order === 'only-registry' || source.foreignBlob === undefined) return []
  const ordered = order === 'last-first' ? [...urls].reverse() : urls
  const open = source.foreignBlob.bind(source)
  return ordered.slice(0, maxUrls).map((url): BlobPlace => {
    const from = displayUrl(url)
    return {
      from,
      fetch: (request) => open(url, descriptor, request),
      onFailure: ({ message, subject: { status } }) => ({
        ...{ type: 'warning', code: foreignUrlFailed, message, digest, url: from },
        ...(status !== undefined && { status }),
      }),
    }
  })
}

/** Formats a URL for messages: without user info, query and fragment. */
const displayUrl = (url: string): string =>
  printable(url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1'), 500)
