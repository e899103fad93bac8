/** Lists what belongs to an image: reads the manifests that refer to it, and those under the tags of cosign. */
import { WindlassError } from '../errors.js'
import {
  type CosignSuffix,
  type Descriptor,
  type Digest,
  type ExpectedManifest,
  type ImageSource,
  type ManifestDocument,
  type ReferrersRequest,
  blobsOf,
  cosignSuffixes,
  cosignTag,
  parseManifest,
} from '../image/index.js'
import { type Limits, defaultLimits } from '../limits.js'
import { type Referrer, artifactTypeOf, subjectOf } from './referrer.js'

/** Maximum number of referrers of one image that are read. */
export const maxReferrers = 500

/** Settings of `listReferrers`. */
export interface ListReferrersOptions extends ReferrersRequest {
  /** Name of the image, for errors. */
  readonly reference: string
  /** Also look at the tags that cosign used before its version 3: all (the default), or those with these suffixes. */
  readonly cosignTags?: readonly CosignSuffix[]
  readonly limits?: Pick<Limits, 'manifestBytes' | 'indexEntries'>
}

/** Code of the warning that a referrer is left out because its manifest cannot be read. */
export const referrerUnreadable = 'referrer-unreadable'

/**
 * Yields the referrers of `digest`, in the order of the source, then those under the tags of cosign. Every manifest is
 * read and verified by its digest, and its own artifact type is compared with `artifactType`, because lists state other
 * types. A manifest that states another subject is left out. A manifest that cannot be read is reported to `onWarning`
 * and left out.
 *
 * @throws LIMIT_EXCEEDED for more than `maxReferrers` referrers; errors of the source
 */
export async function* listReferrers(
  source: ImageSource,
  digest: Digest,
  options: ListReferrersOptions,
): AsyncGenerator<Referrer, void, undefined> {
  const { artifactType, cosignTags = cosignSuffixes } = options
  const isWanted = (referrer: Referrer | undefined): referrer is Referrer =>
    referrer !== undefined && (artifactType === undefined || referrer.artifactType === artifactType)
  const seen = new Set<Digest>()
  for await (const page of source.referrers?.(digest, requestOf(options)) ?? [])
    for (const entry of page) {
      if (seen.has(entry.digest)) continue
      seen.add(entry.digest)
      if (seen.size > maxReferrers) throw tooManyError(digest, options)
      const referrer = await readReferrer(source, entry, digest, options)
      if (isWanted(referrer)) yield referrer
    }
  for (const suffix of cosignTags) {
    const referrer = await readCosignTag(source, digest, suffix, options)
    if (!isWanted(referrer) || seen.has(referrer.descriptor.digest)) continue
    seen.add(referrer.descriptor.digest)
    yield referrer
  }
}

const requestOf = ({ signal, onWarning, onRequest, artifactType }: ReferrersRequest): ReferrersRequest => ({
  ...{ onWarning, onRequest },
  ...(signal && { signal }),
  ...(artifactType !== undefined && { artifactType }),
})

async function readReferrer(
  source: ImageSource,
  { digest, mediaType, size }: Descriptor,
  subject: Digest,
  options: ListReferrersOptions,
): Promise<Referrer | undefined> {
  try {
    const document = await readDocument(source, digest, { digest, mediaType, size }, options)
    if (subjectOf(document)?.digest === subject) return referrerOf(document, subject)
    throw new WindlassError('MANIFEST_INVALID', `The manifest ${digest} does not refer to ${subject}`)
  } catch (error) {
    if (!(error instanceof WindlassError) || !unreadableCodes.has(error.code)) throw error
    const message = `Left out a referrer of ${options.reference}: ${error.message}`
    options.onWarning?.(referrerUnreadable, message)
    return undefined
  }
}

/** Codes of the errors that are faults of one manifest, not of the source. */
const unreadableCodes: ReadonlySet<string> = new Set([
  ...['MANIFEST_UNKNOWN', 'BLOB_UNKNOWN', 'MANIFEST_INVALID', 'MANIFEST_UNSUPPORTED', 'UNSUPPORTED'],
  ...['DIGEST_MISMATCH', 'SIZE_MISMATCH', 'LIMIT_EXCEEDED'],
])

/** Reads what cosign stored under its tag for `subject`; undefined if there is no such tag, or if it is not a manifest. */
async function readCosignTag(
  source: ImageSource,
  subject: Digest,
  suffix: CosignSuffix,
  options: ListReferrersOptions,
): Promise<Referrer | undefined> {
  try {
    const document = await readDocument(source, cosignTag(subject, suffix), undefined, options)
    return document.kind === 'image' ? { ...referrerOf(document, subject), cosign: suffix } : undefined
  } catch (error) {
    const code = error instanceof WindlassError ? error.code : undefined
    if (code === 'MANIFEST_UNKNOWN' || code === 'NAME_UNKNOWN') return undefined
    throw error
  }
}

async function readDocument(
  source: ImageSource,
  tagOrDigest: string,
  expected: ExpectedManifest | undefined,
  { reference, signal, onWarning, onRequest, limits = defaultLimits }: ListReferrersOptions,
): Promise<ManifestDocument> {
  const request = { ...(signal && { signal }), onWarning, onRequest, maxBytes: limits.manifestBytes }
  const fetched = await source.manifest(tagOrDigest, request)
  const { bytes, contentType, host, descriptor } = fetched
  return parseManifest({
    ...{ bytes, contentType, host, limits, expected: expected ?? descriptor },
    reference: `${tagOrDigest}, a referrer of ${reference}`,
  })
}

function referrerOf(document: ManifestDocument, subject: Digest): Referrer {
  const { bytes } = document
  const isImage = document.kind === 'image'
  const { artifactType, annotations } =
    document.kind === 'schema1'
      ? { artifactType: document.descriptor.mediaType, annotations: undefined }
      : isImage
        ? { artifactType: artifactTypeOf(document.manifest), annotations: document.manifest.annotations }
        : {
            artifactType: document.index.artifactType ?? document.descriptor.mediaType,
            annotations: document.index.annotations,
          }
  return {
    descriptor: { ...document.descriptor, artifactType, ...(annotations && { annotations }) },
    ...{ subject, artifactType, bytes },
    blobs: isImage ? blobsOf(document.manifest) : [],
    layers: isImage ? document.manifest.layers : [],
    annotations: annotations ?? {},
  }
}

const tooManyError = (digest: Digest, { reference }: ListReferrersOptions): WindlassError =>
  new WindlassError('LIMIT_EXCEEDED', `${reference} (${digest}) has more than ${maxReferrers} referrers`, {
    ...{ reference, digest },
    hint: 'Remove referrers that are not needed any more from the registry.',
  })
