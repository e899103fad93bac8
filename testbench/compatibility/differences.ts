/** Lists the cases in which four of five other pullers differ from Windlass, with the reason. */

const strictTypes =
  'Go reads a document as a whole or not at all; here the one member that nothing needs is left out'
const shape =
  'the body says what it is, and its digest is that of its bytes; the others go by the header alone'
const sha = 'image-spec registers the algorithm; the others know sha256 alone'
const own =
  "Go sends the token to every path of the registry's host; here, as in docker, it is for /v2/ alone"

const reasons: readonly (readonly [reason: string, ids: readonly string[]])[] = [
  [
    strictTypes,
    [
      'manifest-annotations-number',
      'index-beside-size-fraction',
      'index-beside-string',
      'tags-with-number',
      'token-life-string',
      'token-life-fraction',
      'token-issued-empty',
      'token-issued-no-date',
      'token-issued-number',
    ],
  ],
  [
    shape,
    [
      'manifest-served-as-octet-stream',
      'manifest-served-as-binary',
      'manifest-served-as-json',
      'manifest-served-as-text',
      'manifest-served-as-nothing',
    ],
  ],
  [
    sha,
    [
      'sha512-config',
      'sha512-manifest',
      'sha512-everywhere',
      'sha384-everywhere',
      'sha-mixed',
      'sha512-index-entry',
    ],
  ],
  [own, ['own-origin-signed', 'own-origin-plain']],
  [
    'the config speaks of a layer that the manifest does not have: what would be run is not what was built',
    ['layers-in-config-alone'],
  ],
  [
    'the blob has the size and the digest of its descriptor as it came; Go decodes before anybody can look',
    ['blob-encoding-gzip'],
  ],
  [
    'an entry is asked for by its type and within its size: one that says neither is refused where it is chosen',
    ['index-chosen-without-media-type', 'index-chosen-size-below-zero'],
  ],
  ['the others take the first link, whatever its relation, and never end', ['link-after-previous']],
  ['the others do not ask again with a smaller page', ['page-size-large']],
  [
    'the others insist on POST; containerd, asked with credentials, falls back to GET',
    ['identity-token-get'],
  ],
]

/** Reason by the id of the case. */
export const differences: ReadonlyMap<string, string> = new Map(
  reasons.flatMap(([reason, ids]) => ids.map((id) => [id, reason] as const)),
)
