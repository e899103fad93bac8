import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { type PolicyFlags, addPolicyFlags, policyOption } from '../../../cli/setup/policy-flags.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe('the flags that require signatures', () => {
  const directory = temporaryDirectory()
  const fileWith = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  const keyless = {
    ...{ certificateIdentity: 'someone@example.com', certificateOidcIssuer: 'https://issuer' },
    trustRoot: fileWith('root.json', '{"root":1}'),
  }
  const parse = (...args: string[]): PolicyFlags =>
    addPolicyFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }))
      .parse(args, { from: 'user' })
      .opts()

  it('require nothing by default, also with a trust root, which may be set for all commands', () => {
    expect(policyOption({})).toBeUndefined()
    expect(policyOption({ trustRoot: keyless.trustRoot })).toBeUndefined()
  })

  it('name a policy file', () => {
    expect(policyOption({ policy: 'containers' })).toEqual({ file: 'containers' })
  })

  it('name keys, one of which must have signed', () => {
    const [one, two] = [fileWith('one.pem', 'ONE'), fileWith('two.pem', 'TWO')]
    expect(policyOption(parse('--verify-key', one, '--verify-key', two))).toEqual({ keys: 'ONE\nTWO' })
  })

  it('name an identity, exactly or by a pattern', () => {
    const { trustRoot, certificateIdentity: subject, certificateOidcIssuer: issuer } = keyless
    const flags = ['--trust-root', trustRoot]
    expect(
      policyOption(parse(...flags, '--certificate-identity', subject, '--certificate-oidc-issuer', issuer)),
    ).toEqual({ identity: { subject, issuer }, trustRoot: '{"root":1}' })
    expect(
      policyOption(
        parse(
          ...flags,
          ...['--certificate-identity-regexp', '.*@example', '--certificate-oidc-issuer-regexp', 'https:.*'],
        ),
      ),
    ).toEqual({ identity: { subject: /.*@example/, issuer: /https:.*/ }, trustRoot: '{"root":1}' })
  })

  it.each<[string, PolicyFlags]>([
    ['--policy and --verify-key', { policy: 'p', verifyKey: ['k'] }],
    ['--policy and --certificate-identity', { policy: 'p', certificateIdentity: 'me' }],
    ['--verify-key and --certificate-identity', { verifyKey: ['k'], certificateOidcIssuer: 'https://x' }],
    [
      '--certificate-identity and --certificate-identity-regexp',
      { certificateIdentity: 'a', certificateIdentityRegexp: /a/ },
    ],
    [
      '--certificate-oidc-issuer and --certificate-oidc-issuer-regexp',
      { certificateOidcIssuer: 'a', certificateOidcIssuerRegexp: /a/ },
    ],
  ])('refuse %s together', (options, flags) => {
    expect(() => policyOption(flags)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: `The options ${options} cannot be used together`,
      }) as Error,
    )
  })

  it.each(['certificateIdentity', 'certificateOidcIssuer', 'trustRoot'] as const)(
    'refuse a keyless signature without %s',
    (missing) => {
      const rest = Object.fromEntries(Object.entries(keyless).filter(([name]) => name !== missing))
      expect(() => policyOption(rest)).toThrow(/^A keyless signature requires/)
    },
  )

  it('refuse a file that cannot be read, and name its flag', () => {
    const none = join(directory, 'none')
    for (const [flags, flag] of [
      [{ verifyKey: [none] }, '--verify-key'],
      [{ ...keyless, trustRoot: none }, '--trust-root'],
    ] as const)
      expect(() => policyOption(flags)).toThrow(
        expect.objectContaining({
          ...{ code: 'USAGE', subject: { path: none } },
          message: expect.stringContaining(`Failed to read "${none}" (${flag})`) as string,
        }) as Error,
      )
  })

  it.each([
    ['--certificate-identity', ''],
    ['--certificate-identity-regexp', '('],
    ['--certificate-oidc-issuer-regexp', '['],
  ])('refuse %s %j', (flag, value) => {
    expect(() => parse(`${flag}=${value}`)).toThrow(/It must be a/)
  })
})
