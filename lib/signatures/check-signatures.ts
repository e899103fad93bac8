/** Finds the signatures of an image, and checks that one of them satisfies a requirement. */
import { type ErrorCode, WindlassError } from '../errors.js'
import {
  type Digest,
  type ImageSource,
  type ManifestRequest,
  type Reference,
  isDigest,
} from '../image/index.js'
import type { Limits } from '../limits.js'
import { type Referrer, listReferrers, readArtifact, referrerKind } from '../referrers/index.js'
import { bundleSignature, maxBundleBytes } from './bundle-signature.js'
import { type SignedIdentity, isSignedAs } from './signed-identity.js'
import type { Signature } from './signature.js'
import { maxPayloadBytes, simpleSignature, simpleSigningType } from './simple-signature.js'
import { type RequiredSigner, failure, verifySigner } from './verify-signature.js'

/** An image whose signatures are looked for. */
export interface SignedImage {
  /** Normalised name. */
  readonly name: string
  /** The name as a reference; undefined for an image in a layout. */
  readonly reference: Reference | undefined
  readonly source: ImageSource
  /**
   * Digests of which one must be signed: what the name points at first. If that is an index, also those of the manifests
   * between it and the image: a signed index covers its images, and a signed image needs no signed index.
   */
  readonly digests: readonly Digest[]
  readonly limits?: Pick<Limits, 'manifestBytes' | 'indexEntries'>
}

/** What one of the signatures of an image must satisfy. */
export interface SignatureRequirement {
  readonly signer: RequiredSigner
  /**
   * Which names the signature may state. Default: any, and none. A bundle states no name, so it never satisfies an
   * explicit identity.
   */
  readonly identity?: SignedIdentity
  /** As `identity`, but only for signatures that state a name. */
  readonly identityIfStated?: SignedIdentity
}

/** A signature that satisfies a requirement. */
export interface AcceptedSignature {
  /** Digest of the manifest with the signature. */
  readonly signature: Digest
  readonly form: Signature['form']
  /** Digest of the image or index that is signed. */
  readonly signed: Digest
  /** Who signed, as a text. */
  readonly by: string
}

/** Maximum number of signatures of one image that are checked. */
export const maxSignatures = 100

/** How signatures are fetched. */
export type CheckRequest = Pick<ManifestRequest, 'signal' | 'onWarning' | 'onRequest'>

/**
 * Returns the first signature that satisfies the requirement. Looks at bundles before the older form, and fetches no more
 * than necessary.
 *
 * @throws SIGNATURE_MISSING if there is no signature; the most telling error of the others if none satisfies:
 *   SIGNATURE_EXPIRED, SIGNATURE_MISMATCH, SIGNATURE_INVALID, SIGNATURE_UNTRUSTED; errors of the source
 */
export async function checkSignatures(
  image: SignedImage,
  requirement: SignatureRequirement,
  request: CheckRequest = {},
): Promise<AcceptedSignature> {
  const failures: WindlassError[] = []
  for (const digest of image.digests)
    for await (const signature of signaturesOf(image, digest, failures, request)) {
      try {
        return await accept(signature, { image, digest, requirement })
      } catch (error) {
        failures.push(asFailure(error))
      }
    }
  throw failures.length === 0 ? missingError(image) : refusalError(image, failures)
}

/** Yields the signatures of `digest`. What cannot be read is added to `failures`. */
async function* signaturesOf(
  { name, source, limits }: SignedImage,
  digest: Digest,
  failures: WindlassError[],
  request: CheckRequest,
): AsyncGenerator<Signature, void, undefined> {
  const options = { ...request, reference: name, cosignTags: ['sig'], ...(limits && { limits }) } as const
  let count = 0
  for await (const referrer of listReferrers(source, digest, options)) {
    if (referrerKind(referrer) !== 'signature') continue
    for (const layer of referrer.layers) {
      const isSimple = layer.mediaType === simpleSigningType
      if (!isSimple && !/^application\/vnd\.dev\.sigstore\.bundle/.test(layer.mediaType)) continue
      if (++count > maxSignatures) {
        failures.push(tooManyError(name))
        return
      }
      try {
        const { signal, onRequest } = request
        const bytes = await readArtifact(source, layer, {
          ...{ what: `the signature ${referrer.descriptor.digest} of ${name}`, onRequest },
          maxBytes: isSimple ? maxPayloadBytes : maxBundleBytes,
          ...(signal && { signal }),
        })
        yield await parseSignature(bytes, referrer, isSimple ? (layer.annotations ?? {}) : undefined)
      } catch (error) {
        failures.push(asFailure(error))
      }
    }
  }
}

const parseSignature = (
  bytes: Buffer,
  { descriptor: { digest } }: Referrer,
  annotations: Readonly<Record<string, string>> | undefined,
): Promise<Signature> =>
  annotations === undefined ? bundleSignature(bytes, digest) : simpleSignature(bytes, annotations, digest)

/** @throws the reason why the signature does not satisfy the requirement */
async function accept(
  signature: Signature,
  {
    image: { reference, name },
    digest,
    requirement: { signer, identity, identityIfStated },
  }: { readonly image: SignedImage; readonly digest: Digest; readonly requirement: SignatureRequirement },
): Promise<AcceptedSignature> {
  const by = await verifySigner(signature, signer)
  const { digests, reference: stated } = signature.claim
  if (!digests.includes(digest)) {
    const other = digests.find(isDigest) ?? 'no digest'
    throw failure(
      signature,
      'SIGNATURE_MISMATCH',
      `it is for ${other}, not for ${digest}`,
      'The signature of another image was attached to this one: do not use it.',
    )
  }
  const wanted = stated === undefined ? identity : (identity ?? identityIfStated)
  if (wanted && !(stated !== undefined && reference && isSignedAs(wanted, reference, stated)))
    throw failure(
      signature,
      'SIGNATURE_MISMATCH',
      stated === undefined
        ? `it states no name, but the policy requires one (signedIdentity ${wanted.type})`
        : `it is for ${stated}, which is not ${name} (signedIdentity ${wanted.type})`,
      stated === undefined
        ? 'Bundles of cosign 3 contain the digest only: leave out signedIdentity in the policy.'
        : 'If the image was signed under another name, say so with signedIdentity in the policy.',
    )
  return { signature: signature.manifest, form: signature.form, signed: digest, by }
}

/** Codes of errors that mean that a signature does not count. All others, such as of the network, end the check. */
const failureCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['SIGNATURE_INVALID', 'SIGNATURE_UNTRUSTED', 'SIGNATURE_MISMATCH', 'SIGNATURE_EXPIRED'] as const),
  ...(['LIMIT_EXCEEDED', 'SIZE_MISMATCH', 'DIGEST_MISMATCH', 'BLOB_UNKNOWN'] as const),
])

function asFailure(error: unknown): WindlassError {
  if (error instanceof WindlassError && failureCodes.has(error.code)) return error
  throw error
}

/** The most telling first: what comes closest to a valid signature. */
const order: readonly ErrorCode[] = [
  ...(['SIGNATURE_EXPIRED', 'SIGNATURE_MISMATCH', 'SIGNATURE_INVALID', 'SIGNATURE_UNTRUSTED'] as const),
]

function refusalError({ name, digests }: SignedImage, failures: readonly WindlassError[]): WindlassError {
  const first = order.flatMap((code) => failures.find((each) => each.code === code) ?? [])[0] ?? failures[0]!
  const known = order.includes(first.code)
  const others = failures.length > 1 ? `; ${failures.length - 1} more signatures do not count either` : ''
  return new WindlassError(
    known ? first.code : 'SIGNATURE_INVALID',
    `Refused ${name}: ${lowerFirst(first.message)}${others}`,
    {
      ...{ reference: name, cause: first },
      ...(digests[0] !== undefined && { digest: digests[0] }),
      hint: first.hint ?? 'The registry holds a broken signature. Sign the image again.',
    },
  )
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

const missingError = ({ name, digests }: SignedImage): WindlassError =>
  new WindlassError('SIGNATURE_MISSING', `Refused ${name}: it is not signed, but the policy requires it`, {
    ...{ reference: name },
    ...(digests[0] !== undefined && { digest: digests[0] }),
    hint: 'Sign it, as with “cosign sign”, or check that the registry has its signature: “windlass referrers IMAGE”.',
  })

const tooManyError = (name: string): WindlassError =>
  new WindlassError('LIMIT_EXCEEDED', `${name} has more than ${maxSignatures} signatures`)
