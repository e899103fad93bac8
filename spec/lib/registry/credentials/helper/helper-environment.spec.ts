import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { helperEnvironment } from '../../../../../lib/registry/credentials/helper/helper-environment.js'

describe('the environment of a helper', () => {
  it('has the paths, the session, the clouds and the proxies, and nothing else', () => {
    const kept = {
      ...{
        PATH: '/bin',
        HOME: '/root',
        XDG_RUNTIME_DIR: '/run',
        DBUS_SESSION_BUS_ADDRESS: 'unix:',
        LC_ALL: 'C',
      },
      ...{
        GNUPGHOME: '/g',
        GPG_TTY: '/dev/pts/0',
        PASSWORD_STORE_DIR: '/p',
        AWS_PROFILE: 'a',
        https_proxy: 'p',
      },
    }
    const dropped = {
      ...{
        WINDLASS_PASSWORD: 'x',
        DOCKER_AUTH_CONFIG: 'x',
        NPM_TOKEN: 'x',
        LD_PRELOAD: 'x',
        NODE_OPTIONS: 'x',
      },
      ...{ GITHUB_TOKEN: 'x', PATHS: 'x', HOMER: 'x', MY_AWS_KEY: 'x' },
    }
    expect(helperEnvironment({ ...dropped, ...kept })).toEqual(kept)
  })

  it('has the variables that WINDLASS_HELPER_ENV names', () => {
    const env = { VAULT_ADDR: 'v', VAULT_TOKEN: 't', OP_SESSION: 'o', OTHER: 'x' }
    expect(helperEnvironment({ ...env, WINDLASS_HELPER_ENV: 'VAULT_*, OP_SESSION' })).toEqual({
      ...{ VAULT_ADDR: 'v', VAULT_TOKEN: 't', OP_SESSION: 'o' },
    })
    expect(helperEnvironment({ ...env, WINDLASS_HELPER_ENV: '*,' })).toEqual({})
  })

  it('property: has no variable that was not there, and no changed value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), (env) => {
        for (const [name, value] of Object.entries(helperEnvironment(env))) expect(env[name]).toBe(value)
      }),
    )
  })
})
