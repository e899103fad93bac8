/** Defines the option `policy`, and makes a policy of it. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { WindlassError } from '../../lib/errors.js'
import type { CertificateIdentity, ImagePolicy } from '../../lib/signatures/index.js'
import { homeDirectory } from '../../lib/system/home-directory.js'

/** Which images are accepted. Exactly one of `file`, `keys` and `identity` must be given. */
export interface PolicyOptions {
  /**
   * Path of a policy file in the format of Podman and Skopeo (containers-policy.json(5)); or `containers` for the file
   * that they use: `~/.config/containers/policy.json`, else `/etc/containers/policy.json`.
   */
  readonly file?: string
  /** Public keys as PEM text. Every image must have a signature by one of them. */
  readonly keys?: string
  /** Every image must have a keyless signature of this identity, which an authority of `trustRoot` confirms. */
  readonly identity?: CertificateIdentity
  /** Trust root as JSON text (`trusted_root.json`). Required with `identity`. */
  readonly trustRoot?: string
}

const made = new WeakMap<PolicyOptions, Promise<ImagePolicy>>()

/**
 * Returns the policy of the option; undefined if there is none. Files are read once for an object.
 * @throws USAGE, UNSUPPORTED
 */
export async function imagePolicy(options: PolicyOptions | undefined): Promise<ImagePolicy | undefined> {
  if (options === undefined) return undefined
  const policy = made.get(options) ?? makePolicy(options)
  made.set(options, policy)
  return policy
}

async function makePolicy({ file, keys, identity, trustRoot }: PolicyOptions): Promise<ImagePolicy> {
  const given = [file, keys, identity].filter((each) => each !== undefined)
  if (given.length !== 1)
    throw new WindlassError('USAGE', 'The option policy must have exactly one of file, keys, identity')
  if ((identity === undefined) !== (trustRoot === undefined))
    throw new WindlassError('USAGE', 'In the option policy, identity and trustRoot require each other')
  const { parsePolicyFile, parsePublicKeys, parseTrustRoot, requireSigned } =
    await import('../../lib/signatures/index.js')
  if (keys !== undefined) {
    const signer = { kind: 'keys', keys: parsePublicKeys(keys, 'the option policy') } as const
    return requireSigned({ signer }, 'the required key')
  }
  if (identity !== undefined) {
    const root = parseTrustRoot(Buffer.from(trustRoot ?? ''), 'the option policy')
    return requireSigned({ signer: { kind: 'identity', identity, trustRoot: root } }, 'the required identity')
  }
  const { readPolicyFile } = await import('./read-policy-file.js')
  const policyFile = file === 'containers' ? containersPolicy() : path.resolve(file ?? '')
  return parsePolicyFile(readPolicyFile(policyFile), { file: policyFile, read: readPolicyFile })
}

/** Returns the policy file that Podman and Skopeo use for this user. */
function containersPolicy(): string {
  const home = homeDirectory()
  const own = home === undefined ? undefined : path.join(home, '.config', 'containers', 'policy.json')
  return own !== undefined && existsSync(own) ? own : '/etc/containers/policy.json'
}
