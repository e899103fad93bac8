/** Defines the options that require signatures, and converts them to the option `policy` of the library. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'
import { readOutsideFile } from '../../lib/system/outside-file.js'
import type { PolicyOptions } from '../../puller/options/policy-options.js'
import { path, text } from '../../puller/options/option-codecs.js'
import { textSetting } from './flags.js'
import { inGroup } from './option-groups.js'

/** Values of the options that `addPolicyFlags` adds. */
export interface PolicyFlags {
  readonly policy?: string
  readonly verifyKey?: readonly string[]
  readonly certificateIdentity?: string
  readonly certificateIdentityRegexp?: RegExp
  readonly certificateOidcIssuer?: string
  readonly certificateOidcIssuerRegexp?: RegExp
  readonly trustRoot?: string
}

/** Adds the options that require signatures to a command. */
export const addPolicyFlags = (command: Command): Command =>
  inGroup(command, 'signatures', (group) =>
    group
      .addOption(
        textSetting('--policy <file>', {
          codec: path,
          help: 'accept only what this policy file accepts (policy.json of Podman; “containers” for the one it uses)',
        }),
      )
      .addOption(
        new Option(
          '--verify-key <file>',
          'require a signature by this public key (PEM); repeatable, one of them must have signed',
        ).argParser((file: string, before: readonly string[] | undefined) => [...(before ?? []), file]),
      )
      .addOption(
        identityOption('--certificate-identity <subject>', 'require a keyless signature of this identity'),
      )
      .addOption(patternOption('--certificate-identity-regexp <regex>', 'pattern of the whole identity'))
      .addOption(identityOption('--certificate-oidc-issuer <url>', 'who authenticated the identity'))
      .addOption(patternOption('--certificate-oidc-issuer-regexp <regex>', 'pattern of the whole issuer'))
      .addOption(
        textSetting('--trust-root <file>', {
          codec: path,
          help: 'trust root of keyless signatures (trusted_root.json)',
        }),
      ),
  )

const identityOption = (flags: string, help: string): Option =>
  new Option(flags, help).argParser((value) => {
    if (text.is(value)) return value
    throw new InvalidArgumentError('It must be a text that is not empty.')
  })

const patternOption = (flags: string, help: string): Option =>
  new Option(flags, help).argParser((value) => {
    try {
      return new RegExp(value)
    } catch {
      throw new InvalidArgumentError('It must be a regular expression.')
    }
  })

/**
 * Returns the option `policy`; undefined if no flag requires signatures. Reads the files of the flags.
 * @throws USAGE when flags contradict each other or a file cannot be read
 */
export function policyOption(flags: PolicyFlags): PolicyOptions | undefined {
  const { policy, verifyKey, trustRoot } = flags
  const subject = oneOf(flags.certificateIdentity, flags.certificateIdentityRegexp, '--certificate-identity')
  const issuer = oneOf(
    flags.certificateOidcIssuer,
    flags.certificateOidcIssuerRegexp,
    '--certificate-oidc-issuer',
  )
  const isKeyless = subject !== undefined || issuer !== undefined
  const kinds = [
    ...(policy === undefined ? [] : ['--policy']),
    ...(verifyKey === undefined ? [] : ['--verify-key']),
    ...(isKeyless ? ['--certificate-identity'] : []),
  ]
  if (kinds.length > 1)
    throw new WindlassError('USAGE', `The options ${kinds.join(' and ')} cannot be used together`, {
      hint: 'A policy file can require several signatures.',
    })
  if (policy !== undefined) return { file: policy }
  if (verifyKey !== undefined)
    return { keys: verifyKey.map((file) => readText(file, '--verify-key')).join('\n') }
  // A trust root alone requires nothing: the variable may be set for all commands.
  if (!isKeyless) return undefined
  if (subject === undefined || issuer === undefined || trustRoot === undefined)
    throw new WindlassError(
      'USAGE',
      'A keyless signature requires --certificate-identity, --certificate-oidc-issuer and --trust-root',
      { hint: 'The identity alone says nothing: another issuer may confirm the same name.' },
    )
  return { identity: { subject, issuer }, trustRoot: readText(trustRoot, '--trust-root') }
}

function oneOf(
  exact: string | undefined,
  pattern: RegExp | undefined,
  name: string,
): string | RegExp | undefined {
  if (exact !== undefined && pattern !== undefined)
    throw new WindlassError('USAGE', `The options ${name} and ${name}-regexp cannot be used together`)
  return exact ?? pattern
}

/** Maximum size of a key or a trust root in bytes. That of Sigstore has 7 kB. */
const maxBytes = 16 * 1024 * 1024

function readText(file: string, flag: string): string {
  try {
    return readOutsideFile(file, { maxBytes, followLink: true }).toString('utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Failed to read ${quoted(file)} (${flag}): ${reason}`, {
      cause,
      path: file,
    })
  }
}
