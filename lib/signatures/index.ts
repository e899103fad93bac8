/** Verifies signatures of images, and decides by policies which images are accepted. */
export {
  type AcceptedSignature,
  type CheckRequest,
  type SignatureRequirement,
  type SignedImage,
  checkSignatures,
  maxSignatures,
} from './check-signatures.js'
export { type CertificateIdentity } from './identity.js'
export {
  type ImagePolicy,
  type PolicyDecision,
  type PolicyRequirement,
  type PolicyRule,
  checkPolicy,
  requireSigned,
} from './policy/image-policy.js'
export { type PolicyFileSource, type ReadPolicyFile, parsePolicyFile } from './policy/policy-file.js'
export { type SignedIdentity } from './signed-identity.js'
export { type PublicKey, parsePublicKeys } from './public-key.js'
export { type TrustRoot, parseTrustRoot } from './trust-root.js'
export { type RequiredSigner } from './verify-signature.js'
