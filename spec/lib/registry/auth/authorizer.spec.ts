import { describe, expect, it } from 'vitest'
import { Authorizer } from '../../../../lib/registry/auth/authorizer.js'
import type { Tokens } from '../../../../lib/registry/auth/tokens.js'
import { Credential, type CredentialParts } from '../../../../lib/registry/credentials/credential.js'
import { accessHelp } from '../../../../lib/registry/policy/access-help.js'
import { endpointOf } from '../../../../lib/registry/policy/endpoint.js'

const login = { username: 'user', password: 'sesame' }
const basic = `Basic ${Buffer.from('user:sesame').toString('base64')}`
const bearer = 'Bearer realm="https://auth.example/token"'

/** Returns the authorizer of a repository at `registry`. Each token that it requests is a new one. */
function authorizer(parts: CredentialParts, registry = 'registry.example', source?: Tokens) {
  let count = 0
  const forgotten: string[] = []
  const tokens =
    source ??
    ({
      get: () => Promise.resolve(`token${++count}`),
      forget: (_: unknown, value: string) => forgotten.push(value),
    } as unknown as Tokens)
  const made = new Authorizer({
    ...{ repository: 'team/app', credential: Credential.of(parts), tokens },
    help: () => accessHelp({ registry, repository: 'team/app' }, 'sent'),
    rules: { endpoint: endpointOf(registry), trusted: new Set() },
  })
  return { made, forgotten }
}

describe('the Authorization header of a request', () => {
  it.each([
    [login, basic],
    [{ registryToken: 'abc' }, 'Bearer abc'],
    [{ ...login, registryToken: 'abc' }, 'Bearer abc'],
    [{ ...login, identityToken: 'abc' }, undefined],
  ])('with %j, before any challenge, is %s', async (parts, value) => {
    expect(await authorizer(parts).made.authorization()).toEqual({ value })
  })

  it.each([login, { registryToken: 'abc' }])(
    'is not sent over an unencrypted connection: %j',
    async (parts) => {
      const { made } = authorizer(parts, 'registry.example:80')
      expect(await made.authorization()).toEqual({ value: undefined })
      expect(await made.renew({ value: undefined }, 'Basic realm="x"')).toBeUndefined()
    },
  )

  it('is not sent again after the registry rejected it', async () => {
    const { made } = authorizer(login)
    expect(await made.renew({ value: basic }, 'Basic realm="x"')).toBeUndefined()
    expect(await made.renew({ value: undefined }, 'Basic realm="x"')).toEqual({ value: basic })
    const alone = authorizer({ registryToken: 'abc' }).made
    expect(await alone.renew({ value: 'Bearer abc' }, bearer)).toBeUndefined()
  })

  it('is a new token after one was rejected', async () => {
    const { made, forgotten } = authorizer(login)
    const first = (await made.renew(await made.authorization(), bearer))!
    expect(first.value).toBe('Bearer token1')
    made.recordAccepted(first)
    const second = (await made.renew(first, bearer))!
    expect([second.value, forgotten]).toEqual(['Bearer token2', ['token1']])
    made.recordRejected(second)
    expect(forgotten).toEqual(['token1', 'token2'])
    expect(await made.authorization()).toEqual({ value: basic })
  })

  it('is not that of a token server which never gave a token', async () => {
    const refusing = { get: () => Promise.reject(new Error('no token')), forget: () => undefined }
    const { made } = authorizer(login, 'registry.example', refusing as unknown as Tokens)
    await expect(made.renew({ value: basic }, bearer)).rejects.toThrow('no token')
    expect(await made.authorization()).toEqual({ value: basic })
  })

  it('is Basic again if the registry asks for that after it asked for a token', async () => {
    const { made } = authorizer(login)
    const first = (await made.renew({ value: undefined }, bearer))!
    expect(await made.renew(first, 'Basic realm="x"')).toEqual({ value: basic })
    expect(await made.authorization()).toEqual({ value: basic })
  })

  it('is that of a token if there is only an identity token beside a rejected registry token', async () => {
    const { made } = authorizer({ registryToken: 'abc', identityToken: 'xyz' })
    expect(await made.authorization()).toEqual({ value: 'Bearer abc' })
    expect((await made.renew({ value: 'Bearer abc' }, bearer))?.value).toBe('Bearer token1')
  })

  it('must not come from another token server after a token was accepted', async () => {
    const { made } = authorizer(login)
    made.recordAccepted((await made.renew({ value: undefined }, bearer))!)
    await expect(
      made.renew({ value: undefined }, 'Bearer realm="https://other.example/token"'),
    ).rejects.toMatchObject({ code: 'CHALLENGE_INVALID' })
  })
})
