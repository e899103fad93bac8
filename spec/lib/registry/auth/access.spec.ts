import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { RepositoryAccess } from '../../../../lib/registry/auth/access.js'
import { Credential } from '../../../../lib/registry/credentials/credential.js'
import type { Credentials } from '../../../../lib/registry/credentials/credentials.js'
import { accessHelp } from '../../../../lib/registry/policy/access-help.js'
import { endpointOf } from '../../../../lib/registry/policy/endpoint.js'
import { Secrets } from '../../../../lib/registry/policy/secrets.js'

const asked = { registry: 'quay.io', repository: 'team/app' }
const secrets = new Secrets()
const access = (credentials: Credentials, registry = asked.registry) =>
  new RepositoryAccess({
    repositoryName: { ...asked, registry },
    credentials,
    endpoint: endpointOf(registry),
    secrets,
  })
const known = Credential.password('user', 'sesame')
const always = (credential: Credential | undefined): Credentials => ({
  for: () => Promise.resolve(credential),
})

/** Returns a source of credentials and its lookups, which the test answers. */
function answering() {
  const calls: { readonly signal: AbortSignal | undefined; answer(credential?: Credential): void }[] = []
  const credentials: Credentials = {
    for: (_, { signal } = {}) => new Promise((resolve) => calls.push({ signal, answer: resolve })),
  }
  return { calls, credentials }
}

describe('RepositoryAccess', () => {
  it('looks up the credential once, at the first use, by registry and repository', async () => {
    const lookups: unknown[] = []
    const repository = access({
      for: (name) => {
        lookups.push(name)
        return Promise.resolve(known)
      },
    })
    expect(lookups).toEqual([])
    const all = await Promise.all([repository.credential(), repository.credential(), repository.identity()])
    expect(all.slice(0, 2)).toEqual([known, known])
    await repository.credential()
    expect(lookups).toEqual([asked])
  })

  it('looks up again after a failure', async () => {
    let failures = 0
    const repository = access({
      for: () =>
        failures++ === 0 ? Promise.reject(new WindlassError('USAGE', 'no')) : Promise.resolve(known),
    })
    await expect(repository.identity()).rejects.toMatchObject({ code: 'USAGE' })
    expect(await repository.credential()).toBe(known)
  })

  it('aborts a lookup when the last caller has left, and not before', async () => {
    const { calls, credentials } = answering()
    const repository = access(credentials)
    const [first, second] = [new AbortController(), new AbortController()]
    const left = repository.credential({ signal: first.signal })
    const stayed = repository.credential({ signal: second.signal })
    first.abort()
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([false])
    second.abort()
    await expect(stayed).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([true])
  })

  it('has an identity that differs by host and credential, and contains no secret', async () => {
    const identities = await Promise.all([
      access(always(known)).identity(),
      access(always(undefined)).identity(),
      access(always(Credential.password('user', 'other'))).identity(),
      access(always(known), 'gcr.io').identity(),
    ])
    expect(new Set(identities).size).toBe(4)
    expect(identities.join()).not.toContain('sesame')
    expect(await access(always(Credential.password('user', 'sesame'))).identity()).toBe(identities[0])
  })

  it('registers the secrets before the first request', async () => {
    await access(always(Credential.identity('s3cret-refresh'))).credential()
    expect(secrets.conceal('it said s3cret-refresh')).toBe('it said ***')
  })

  it('delivers each warning once, to the first caller with onWarning', async () => {
    const repository = access({
      for: (_, { onWarning } = {}) => {
        onWarning?.('odd', 'something is odd')
        return Promise.resolve(undefined)
      },
    })
    const heard: string[] = []
    const onWarning = (code: string): number => heard.push(code)
    await repository.identity()
    await repository.credential({ onWarning })
    await repository.credential({ onWarning })
    expect(heard).toEqual(['odd'])
  })

  it('returns help for a refusal by the registry', async () => {
    const hint = async (credentials: Credentials, registry?: string) => {
      const repository = access(credentials, registry)
      await repository.credential()
      return repository.help().hint
    }
    expect(await hint(always(undefined))).toBe(accessHelp(asked, 'none').hint)
    expect(await hint({ ...always(undefined), why: () => Promise.resolve('because') })).toBe('because')
    expect(await hint({ ...always(known), why: () => Promise.resolve('because') })).toBe(
      accessHelp(asked, 'sent').hint,
    )
    expect(await hint(always(known), 'quay.io:80')).toBe(accessHelp(asked, 'withheld').hint)
  })
})
