/** Lists the cases in which at least four of five other pullers differ from Windlass, with the reason. */

const strictTypes =
  'Go rejects a document if any member has a wrong type; Windlass ignores such a member if it does not need it'
const bodyDecides = 'the body states its type, and its digest is correct; the others use only the header'
const registeredAlgorithms = 'image-spec registers the algorithm; the others support only sha256'
const tokenScope =
  "the others send the token to every path of the registry's host; Windlass, like docker, only to /v2/"

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
    bodyDecides,
    [
      'manifest-served-as-octet-stream',
      'manifest-served-as-binary',
      'manifest-served-as-json',
      'manifest-served-as-text',
      'manifest-served-as-nothing',
    ],
  ],
  [
    registeredAlgorithms,
    [
      'sha512-config',
      'sha512-manifest',
      'sha512-everywhere',
      'sha384-everywhere',
      'sha-mixed',
      'sha512-index-entry',
    ],
  ],
  [tokenScope, ['own-origin-signed', 'own-origin-plain']],
  [
    'the config lists a layer that the manifest does not have, so the tree would be incomplete',
    ['layers-in-config-alone'],
  ],
  [
    'the encoded bytes have the size and digest of the descriptor; Go decodes them before they can be verified',
    ['blob-encoding-gzip'],
  ],
  [
    'the type and size of an index entry are needed to request it, so an entry without them is refused if it is chosen',
    ['index-chosen-without-media-type', 'index-chosen-size-below-zero'],
  ],
  [
    'the others follow the first link regardless of its relation, in an endless loop',
    ['link-after-previous'],
  ],
  ['the others do not retry with a smaller page size', ['page-size-large']],
  [
    'the others support only POST; containerd falls back to GET if it has credentials',
    ['identity-token-get'],
  ],
]

/** Reason by the id of the case. */
export const differences: ReadonlyMap<string, string> = new Map(
  reasons.flatMap(([reason, ids]) => ids.map((id) => [id, reason] as const)),
)
