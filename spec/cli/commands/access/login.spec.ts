/** Logins on the command line: where the name and the password come from, and what is said. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run } from '../../../../cli/program.js'
import { startRegistry, type TestRegistry } from '../../../../lib/testing/registry/index.js'
import { TestTerminal, windlass } from '../../../support/cli/test-terminal.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const directory = temporaryDirectory()
let registry: TestRegistry
let count = 0
beforeAll(async () => {
  registry = await startRegistry({ auth: { kind: 'basic', username: 'me', password: 'sesame' } })
})
afterAll(() => registry.close())

/** A user who has logged in nowhere. */
function user(more: NodeJS.ProcessEnv = {}) {
  const home = join(directory, `home-${count++}`)
  for (const each of [join(home, '.docker'), join(home, 'run')])
    mkdirSync(each, { recursive: true, mode: 0o700 })
  const env = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), ...more }
  const file = join(home, '.docker', 'config.json')
  const at = (command: string, args: readonly string[], stdin = '') =>
    windlass([command, ...args], { env, stdin })
  return {
    ...{ env, file, home },
    login: (args: readonly string[] = [], stdin = '') => at('login', [...args, registry.host], stdin),
    logout: (...args: readonly string[]) => at('logout', args),
    saved: () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
  }
}
const byPipe = ['--username', 'me', '--password-stdin']
const encoded = Buffer.from('me:sesame').toString('base64')

/** A terminal on which answers are typed. */
function typing(env: NodeJS.ProcessEnv, keys: string) {
  const terminal = new TestTerminal({ env })
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
  Object.defineProperty(terminal, 'stdin', { value: stdin })
  for (const key of keys.split(/(?<=\r)/)) stdin.write(key)
  return terminal
}

describe('windlass login', () => {
  it('saves a login that the registry accepts, prints where, and warns that it is not encrypted', async () => {
    const { login, saved, file } = user()
    const { code, out, err } = await login(byPipe, 'sesame\n')
    expect({ code, out }).toEqual({ code: 0, out: `Logged in to ${registry.host} as me: saved in ${file}\n` })
    expect(err).toContain('The password is saved unencrypted.')
    expect(saved()).toContain(encoded)
  })

  it('saves nothing that the registry refuses, and does not print the password', async () => {
    const { login, saved } = user()
    const { code, out, err } = await login(byPipe, 'wrong-password\n')
    expect([code, out, saved()]).toEqual([3, '', ''])
    expect(err).not.toContain('wrong-password')
  })

  it('takes the password from the variable, but rather from stdin if that is asked for', async () => {
    const one = user({ WINDLASS_PASSWORD: 'sesame' })
    expect((await one.login(['--username', 'me'])).code).toBe(0)
    const two = user({ WINDLASS_PASSWORD: 'wrong' })
    expect((await two.login(byPipe, 'sesame')).code).toBe(0)
  })

  it('asks for the name and the password, which is not shown', async () => {
    const { env, saved } = user()
    const terminal = typing(env, '')
    const code = run(['login', registry.host], terminal)
    const { stdin } = terminal as unknown as { stdin: PassThrough }
    await vi.waitFor(() => expect(terminal.err).toContain(`User name for ${registry.host}: `), 20_000)
    stdin.write(' me \r')
    await vi.waitFor(() => expect(terminal.err).toContain('Password: '), 20_000)
    stdin.write('sesame\r')
    expect(await code).toBe(0)
    expect(saved()).toContain(encoded)
    expect(terminal.err).not.toContain('sesame')
  })

  it.each([
    [['--password-stdin'], '', 'The option --password-stdin requires --username'],
    [['--username', 'me'], '', 'Failed to ask for the login: stdin is not a terminal'],
    [[], '', 'Failed to ask for the login: stdin is not a terminal'],
  ])('refuses %j without a terminal', async (args, stdin, says) => {
    const { login, saved } = user()
    const { code, err } = await login(args, stdin)
    expect(code).toBe(2)
    expect(err).toContain(says)
    expect(saved()).toBe('')
  })

  it('refuses an empty name and an empty password', async () => {
    for (const [args, prompt, keys, says] of [
      [[], 'User name', ' \r', 'The user name is empty'],
      [['--username', 'me'], 'Password', '\r', 'The password is empty'],
    ] as const) {
      const { env, saved } = user()
      const terminal = typing(env, '')
      const code = run(['login', ...args, registry.host], terminal)
      await vi.waitFor(() => expect(terminal.err).toContain(prompt), 20_000)
      ;(terminal as unknown as { stdin: PassThrough }).stdin.write(keys)
      expect(await code).toBe(2)
      expect(terminal.err).toContain(says)
      expect(saved()).toBe('')
    }
  })

  it('ends on an interrupt while it asks', async () => {
    const { env, saved } = user()
    const terminal = typing(env, '')
    const code = run(['login', '--username', 'me', registry.host], terminal)
    await vi.waitFor(() => expect(terminal.err).toContain('Password'), 20_000)
    terminal.signals.emit('SIGINT')
    expect(await code).toBe(130)
    expect(saved()).toBe('')
  })

  it('prints the name of a saved login, and sends nothing', async () => {
    const { login } = user()
    const before = await login(['--get'])
    expect(before).toMatchObject({ code: 3, out: '' })
    expect(before.err).toContain(`There is no login for ${registry.host}`)
    await login(byPipe, 'sesame')
    const requests = registry.requests.length
    for (const flag of ['--get', '--get-login']) expect((await login([flag])).out).toBe('me\n')
    expect(registry.requests).toHaveLength(requests)
  })

  it('uses the file that is named', async () => {
    const { login, saved, home } = user()
    const file = join(home, 'own.json')
    expect((await login([...byPipe, '--authfile', file], 'sesame')).out).toContain(`saved in ${file}\n`)
    expect(readFileSync(file, 'utf8')).toContain(encoded)
    expect(saved()).toBe('')
  })
})

describe('windlass logout', () => {
  it('removes the login for a registry, prints where it was, and says if there was none', async () => {
    const { login, logout, saved, file } = user()
    await login(byPipe, 'sesame')
    expect(await logout(registry.host)).toMatchObject({
      ...{ code: 0, out: `Logged out of ${registry.host}: removed from ${file}\n` },
    })
    expect(saved()).not.toContain(encoded)
    expect(await logout(registry.host)).toMatchObject({
      ...{ code: 0, out: `There is no login for ${registry.host}\n` },
    })
  })

  it('is for docker.io without a name, and for all registries only with --all', async () => {
    const { login, logout, saved, file } = user()
    await login(byPipe, 'sesame')
    expect((await logout()).out).toBe('There is no login for docker.io\n')
    expect(saved()).toContain(encoded)
    expect((await logout('--all', registry.host)).code).toBe(2)
    expect(saved()).toContain(encoded)
    expect((await logout('--all')).out).toBe(`Logged out of all registries: removed from ${file}\n`)
    expect(saved()).not.toContain(encoded)
  })

  it('touches only the file that is named', async () => {
    const { login, logout, saved, home } = user()
    await login(byPipe, 'sesame')
    const file = join(home, 'own.json')
    writeFileSync(file, '{}')
    expect((await logout('--authfile', file, registry.host)).out).toContain('There is no login')
    expect(saved()).toContain(encoded)
  })
})
