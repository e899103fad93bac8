import { describe, expect, it } from 'vitest'
import { Credential } from '../../../../lib/registry/credentials/credential.js'
import { anonymous, firstOf, byRegistry, onlyFor } from '../../../../lib/registry/credentials/credentials.js'

const as = (name: string) => Credential.password(name, 'p')
const userOf = (credential: Credential | undefined): string | undefined =>
  credential &&
  Buffer.from(credential.basic()?.slice(6) ?? '', 'base64')
    .toString()
    .split(':')[0]

describe('credentials', () => {
  it('by key: the longest key that covers the repository is selected', async () => {
    const credentials = byRegistry([
      ['quay.io', as('all')],
      ['quay.io/team', as('team')],
    ])
    const user = async (repository: string) =>
      userOf(await credentials.for({ registry: 'quay.io', repository }))
    expect(await user('team/app')).toBe('team')
    expect(await user('other/app')).toBe('all')
    const team = onlyFor('quay.io/team', as('team'))
    expect(await team.for({ registry: 'quay.io', repository: 'other/app' })).toBeUndefined()
  })

  it('of a single pull precede the default credentials (S0-79)', async () => {
    const both = firstOf(
      onlyFor('docker.io', as('pull')),
      byRegistry([
        ['docker.io', as('default')],
        ['b', as('other')],
      ]),
    )
    const user = async (registry: string) => userOf(await both.for({ registry, repository: 'team/app' }))
    expect(await user('index.docker.io')).toBe('pull')
    expect(await user('b')).toBe('other')
    expect(await user('c')).toBeUndefined()
  })

  it('from several sources: if there are none, the first reason is reported', async () => {
    const asked = { registry: 'a', repository: 'b' }
    const because = (why: string | undefined) => ({ ...anonymous, why: () => Promise.resolve(why) })
    expect(await firstOf(anonymous, because(undefined), because('x'), because('y')).why?.(asked)).toBe('x')
    expect(await firstOf(anonymous).why?.(asked)).toBeUndefined()
  })
})
