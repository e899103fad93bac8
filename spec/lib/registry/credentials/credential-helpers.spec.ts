import { describe, expect, it } from 'vitest'
import { CredentialHelpers } from '../../../../lib/registry/credentials/credential-helpers.js'
import { credentialsVariable } from '../../../../lib/registry/credentials/credentials-variable.js'
import { temporaryHelpers } from '../../../support/credential-helpers.js'

const helpers = temporaryHelpers()
const env = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: `${helpers.bin}:${process.env['PATH']}` })

describe('credential helpers', () => {
  it('are asked for each server in order, up to the first credential', async () => {
    await helpers.add('of-b', { b: ['user', 'sesame'], c: ['other', 'p'] })
    const credential = await new CredentialHelpers({ env: env() }).get('of-b', ['a', 'b', 'c'])
    expect(credential?.basic()).toBe(`Basic ${Buffer.from('user:sesame').toString('base64')}`)
    expect(await helpers.calls('of-b')).toEqual(['get a', 'get b'])
  })

  it('have a failure until they are asked again and answer', async () => {
    const asked = new CredentialHelpers({ env: env() })
    await expect(asked.get('comes-later', ['b'])).rejects.toThrow('not installed')
    expect(asked.failureOf('comes-later', ['b'])).toMatchObject({
      message: expect.stringContaining('not installed') as string,
    })
    expect(asked.failureOf('comes-later', ['c'])).toBeUndefined()
    await helpers.add('comes-later', {})
    expect(await asked.get('comes-later', ['b'])).toBeUndefined()
    expect(asked.failureOf('comes-later', ['b'])).toBeUndefined()
  })
})

describe('credentials in a variable', () => {
  it('are those of the helpers in the path of the environment', async () => {
    await helpers.add('of-variable', { 'quay.io': ['user', 'sesame'] })
    const value = JSON.stringify({ credHelpers: { 'quay.io': 'of-variable' } })
    const repository = { registry: 'quay.io', repository: 'app' }
    const credentials = credentialsVariable('DOCKER_AUTH_CONFIG', value, env())
    expect((await credentials.for(repository))?.basic()).toBe(
      `Basic ${Buffer.from('user:sesame').toString('base64')}`,
    )
    await expect(
      credentialsVariable('DOCKER_AUTH_CONFIG', value, { PATH: '/nowhere' }).for(repository),
    ).rejects.toThrow('of-variable')
  })

  it('fail with the name of the variable if it cannot be parsed, at each lookup', async () => {
    const credentials = credentialsVariable('DOCKER_AUTH_CONFIG', '{')
    for (let lookup = 0; lookup < 2; lookup++)
      await expect(credentials.for({ registry: 'quay.io', repository: 'app' })).rejects.toMatchObject({
        ...{ code: 'USAGE', message: expect.stringContaining('DOCKER_AUTH_CONFIG') as string },
      })
  })

  it('say why there are none', async () => {
    await helpers.add('empty', {})
    const value = JSON.stringify({ credHelpers: { 'quay.io': 'empty' } })
    const credentials = credentialsVariable('DOCKER_AUTH_CONFIG', value, env())
    const repository = { registry: 'quay.io', repository: 'app' }
    expect(await credentials.for(repository)).toBeUndefined()
    expect(await credentials.why!(repository)).toMatch(/DOCKER_AUTH_CONFIG.*"empty"/)
  })
})
