/** The server that the flags and the variables name, its token, and the errors of a connection to it. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { connect, withServer } from '../../../cli/remote/server-flags.js'
import { WindlassError } from '../../../lib/errors.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()
const fileWith = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}
const addressOf = (host: string, env: NodeJS.ProcessEnv = {}): string => connect({ host }, { env }).address

/** The address and the token that are sent with a request. */
async function sent(flags: Parameters<typeof connect>[0], env: NodeJS.ProcessEnv = {}) {
  const requests: string[] = []
  vi.stubGlobal('fetch', (url: string, { headers }: { headers: Record<string, string> }) => {
    requests.push(`${url} ${headers['authorization'] ?? '-'}`)
    return Promise.resolve(new Response('[]'))
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  await connect(flags, { env }).client.pulls()
  return requests[0]?.replace('/api/v1/pulls', '')
}

describe('the address of a server', () => {
  it.each([
    ['/run/w.sock', 'unix:/run/w.sock'],
    ['unix:/run/w.sock', 'unix:/run/w.sock'],
    ['unix:///run/w.sock', 'unix:/run/w.sock'],
    ['unix:w.sock', `unix:${join(process.cwd(), 'w.sock')}`],
    ['http://localhost:5180', 'http://localhost:5180'],
    ['https://server.example/', 'https://server.example'],
    ['localhost:5180', 'http://localhost:5180'],
    ['[::1]:5180', 'http://[::1]:5180'],
  ])('%s is %s', (host, address) => {
    expect(addressOf(host)).toBe(address)
  })

  it('is not just any text', () => {
    for (const host of ['nothing', 'ftp://a', 'http://']) expect(() => addressOf(host)).toThrow(WindlassError)
  })

  it('has no token, which messages would show', () => {
    expect(addressOf('http://127.0.0.1:5180/#token=secret')).toBe('http://127.0.0.1:5180')
  })

  it('is the socket of the user by default, which no other user may replace', () => {
    const env = { XDG_RUNTIME_DIR: join(directory, 'run') }
    expect(addressOf('', env)).toMatch(/^unix:.*\/run\//)
    mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 })
    expect(addressOf('', env)).toMatch(/^unix:.*\/run\//)
    chmodSync(env.XDG_RUNTIME_DIR, 0o777)
    expect(() => addressOf('', env)).toThrow(
      `Other users can write to ${env.XDG_RUNTIME_DIR}, the directory of the socket`,
    )
  })
})

describe('the token', () => {
  const host = 'http://127.0.0.1:5180'

  it('is that of the variable, without white space, and none if that is empty', async () => {
    expect(await sent({ host }, { WINDLASS_TOKEN: ' secret\n' })).toBe(`${host} Bearer secret`)
    expect(await sent({ host }, { WINDLASS_TOKEN: ' ' })).toBe(`${host} -`)
    expect(await sent({ host })).toBe(`${host} -`)
  })

  it('is that of the file rather than that of the variable, and that of the address rather than both', async () => {
    const tokenFile = fileWith('token', 'of the file\n')
    const env = { WINDLASS_TOKEN: 'of the variable' }
    expect(await sent({ host, tokenFile }, env)).toBe(`${host} Bearer of the file`)
    const link = join(directory, 'link')
    symlinkSync(tokenFile, link)
    expect(await sent({ host, tokenFile: link })).toBe(`${host} Bearer of the file`)
    expect(await sent({ host: `${host}/#token=own`, tokenFile }, env)).toBe(`${host} Bearer own`)
  })

  it('must be in the file', () => {
    const refused = (tokenFile: string) => () => connect({ host, tokenFile }, { env: {} })
    const empty = fileWith('empty', ' \n')
    expect(refused(empty)).toThrow(`The file "${empty}" (--token-file) is empty`)
    expect(refused(join(directory, 'none'))).toThrow(/^Failed to read ".*none" \(--token-file\): /)
    expect(refused(fileWith('large', 'x'.repeat(64 * 1024 + 1)))).toThrow('Failed to read')
  })
})

describe('an error of a connection', () => {
  const explained = (error: unknown, host = 'http://127.0.0.1:5180'): Promise<unknown> =>
    withServer({ host }, { env: {} }, () => Promise.reject(error)).catch((caught: unknown) => caught)
  const withCode = (code: string, cause?: unknown): Error =>
    Object.assign(new Error(code, { cause }), { code })
  const network = (cause: unknown) => new WindlassError('NETWORK', 'No connection', { cause })

  it.each(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'])('%s means that no server listens', async (code) => {
    for (const cause of [
      withCode(code),
      new Error('fetch failed', { cause: withCode(code) }),
      new Error('fetch failed', { cause: new AggregateError([withCode('EOTHER'), withCode(code)]) }),
    ])
      expect(await explained(network(cause), '/run/w.sock')).toMatchObject({
        ...{ code: 'NETWORK', message: 'No server listens at unix:/run/w.sock' },
        hint: expect.stringContaining('windlass serve') as string,
      })
  })

  it('EACCES means that the server is another user’s', async () => {
    expect(await explained(network(withCode('EACCES')), '/run/w.sock')).toMatchObject({
      message: "The server at unix:/run/w.sock is another user's",
    })
  })

  it('of a server that wants a token says how to give it', async () => {
    expect(await explained(new WindlassError('UNAUTHORIZED', 'no token'))).toMatchObject({
      ...{ code: 'UNAUTHORIZED', message: 'no token' },
      hint: expect.stringMatching(/--token-file or WINDLASS_TOKEN/) as string,
    })
  })

  it('stays as it is otherwise', async () => {
    for (const error of [
      network(withCode('ECONNRESET')),
      new WindlassError('STORE_IO', 'full', { cause: withCode('ENOENT') }),
      withCode('ENOENT'),
    ])
      expect(await explained(error)).toBe(error)
  })

  it('of a real connection to a port where nothing listens', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const host = `http://127.0.0.1:${port}`
    await expect(withServer({ host }, { env: {} }, ({ client }) => client.pulls())).rejects.toThrow(
      `No server listens at ${host}`,
    )
  })
})
