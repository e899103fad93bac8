/** The options of `login` and `logout`. */
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import {
  addAuthFileFlag,
  addLoginNetworkFlags,
  loginOptions,
  type LoginNetworkFlags,
} from '../../../cli/setup/login-flags.js'
import { testConsole } from '../../support/cli/set-by-hand.js'

const { signal } = new AbortController()

describe('the options of a login', () => {
  it('reach the library, with the environment and the signal of the command', async () => {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
    addLoginNetworkFlags(addAuthFileFlag(command))
    command.parse(
      [
        ...['--plain-http', '--tls-skip-verify', '--response-timeout', '5'],
        ...['--trust-realm', 'https://auth.example', '--authfile', '/auth.json'],
      ],
      { from: 'user' },
    )
    const terminal = testConsole()
    const options = await loginOptions(command.opts<LoginNetworkFlags>(), terminal, signal)
    expect(options).toMatchObject({
      authFile: '/auth.json',
      connection: {
        ...{ plainHttp: true, insecureTls: true, responseTimeout: 5_000 },
        trustedRealms: ['https://auth.example'],
      },
    })
    expect(options.connection).not.toHaveProperty('authFile')
    expect(options.env).toBe(terminal.env)
    expect(options.signal).toBe(signal)
    expect(() => command.parse(['--ca', ''], { from: 'user' })).toThrow('--ca')
  })

  it('let the library decide by default, and report its warnings', async () => {
    const terminal = testConsole()
    const options = await loginOptions({}, terminal, signal)
    expect(options).not.toHaveProperty('authFile')
    expect(options.connection).toEqual({})
    options.onWarning?.('odd file', 'x')
    expect(terminal.err).toBe('windlass: warning: odd file\n')
  })
})
