/** Defines `ImagePolicy`: which images are accepted, and by which signatures. */
import { WindlassError } from '../../errors.js'
import {
  type AcceptedSignature,
  type CheckRequest,
  type SignatureRequirement,
  type SignedImage,
  checkSignatures,
} from '../check-signatures.js'

/** What an image must satisfy: nothing, a signature, or it is rejected. */
export type PolicyRequirement =
  | { readonly type: 'accept' }
  | { readonly type: 'reject' }
  | ({ readonly type: 'signed' } & SignatureRequirement)

/** The requirements for an image, all of which must be satisfied, and why they apply. */
export interface PolicyRule {
  readonly requirements: readonly PolicyRequirement[]
  /** Where the requirements stand, for messages: `the scope "docker.io/library" of policy.json`. */
  readonly origin: string
}

/** Decides which requirements apply to an image. */
export interface ImagePolicy {
  /**
   * Returns the requirements for an image.
   * @param name normalised name: `docker.io/library/alpine:3.20`, `oci:DIR:NAME`
   */
  ruleFor(name: string): PolicyRule
}

/** Why an image is accepted. */
export interface PolicyDecision {
  readonly origin: string
  /** The signatures that satisfied the requirements. Empty if the policy accepts the image without any. */
  readonly signatures: readonly AcceptedSignature[]
}

/**
 * Checks an image against a policy.
 * @throws POLICY_REJECTED if the policy rejects it; errors of `checkSignatures`
 */
export async function checkPolicy(
  policy: ImagePolicy,
  image: SignedImage,
  request: CheckRequest = {},
): Promise<PolicyDecision> {
  const { requirements, origin } = policy.ruleFor(image.name)
  const signatures: AcceptedSignature[] = []
  // A rejection needs no request.
  if (requirements.length === 0 || requirements.some(({ type }) => type === 'reject'))
    throw new WindlassError('POLICY_REJECTED', `Refused ${image.name}: ${origin} rejects it`, {
      reference: image.name,
      hint: 'Change the policy if you trust the image.',
    })
  for (const requirement of requirements)
    if (requirement.type === 'signed') signatures.push(await checkSignatures(image, requirement, request))
  return { origin, signatures }
}

/** Returns the policy that requires one signature of every image. @param origin where the requirement stands */
export const requireSigned = (requirement: SignatureRequirement, origin: string): ImagePolicy => ({
  ruleFor: () => ({ requirements: [{ type: 'signed', ...requirement }], origin }),
})
