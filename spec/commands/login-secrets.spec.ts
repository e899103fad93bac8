/** Plants secrets in logins, helpers and tokens, and looks for them in all that commands and a server leave. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { problem, type TestRegistry } from '../../lib/testing/registry/index.js'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { startServe } from '../../testbench/harness/serve-commands.js'
import { temporaryHelpers } from '../support/credential-helpers.js'
import { Workbench, imageOf } from '../support/workbench.js'

const planted = {
  password: 'pl4nted-passw0rd',
  identityToken: 'pl4nted-1dentity',
  registryToken: 'pl4nted-reg1stry',
  bearer: 'pl4nted-b34rer',
  environment: 'pl4nted-env1ronment',
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const secrets = [
  ...['pl4nted', base64(`user:${planted.password}`), base64(`user:${planted.identityToken}`)],
  ...[planted.password, planted.identityToken].map((secret) => base64(secret).slice(0, 16)),
]

/** Returns the names of the texts that contain a secret. */
const revealing = (texts: ReadonlyMap<string, string>): readonly string[] =>
  [...texts].filter(([, text]) => secrets.some((secret) => text.includes(secret))).map(([where]) => where)

describe('secrets of logins', () => {
  const bench = new Workbench()
  const helpers = temporaryHelpers()
  afterEach(() => {
    vi.unstubAllEnvs()
    received.clear()
  })

  /** What the registry knows of the secrets of the running command. */
  const received = new Set<string>()

  /** A registry with a token server, which repeats what it was sent in each refusal. */
  async function tokenRegistry(): Promise<TestRegistry> {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', 'v1', imageOf(['a']))
    registry.hook(({ kind, repository, headers, method, url }) => {
      const sent = headers['authorization'] ?? ''
      if (sent.startsWith('Basic '))
        received.add(Buffer.from(sent.slice(6), 'base64').toString().slice('user:'.length))
      if (kind === 'token' && method === 'POST') received.add(planted.identityToken)
      if (kind === 'token') {
        const accepted = method === 'POST' || sent === `Basic ${base64(`user:${planted.password}`)}`
        if (!accepted) return problem(401, 'UNAUTHORIZED', `no: ${sent}`)
        const issued = url.includes('offline_token') && { refresh_token: planted.identityToken }
        const body = JSON.stringify({ token: planted.bearer, ...issued })
        return { status: 200, headers: {}, body: Buffer.from(body) }
      }
      if (repository === 'team/closed')
        return problem(403, 'DENIED', `no: ${sent} ${[...received].join(' ')}`)
      if (sent === `Bearer ${planted.bearer}` || sent === `Bearer ${planted.registryToken}`) return undefined
      return problem(401, 'UNAUTHORIZED', sent, {
        'www-authenticate': `Bearer realm="${registry.url}/token"`,
      })
    })
    return registry
  }

  /** Reads the command lines and titles of all processes again and again, until the returned function is called. */
  function watchProcesses(texts: Map<string, string>): () => void {
    const look = (): void => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
        for (const file of ['cmdline', 'comm'])
          try {
            const text = readFileSync(`/proc/${pid}/${file}`, 'utf8')
            texts.set(`${file} of ${pid}: ${text.slice(0, 40)}`, text)
          } catch {
            // The process has ended.
          }
    }
    const timer = setInterval(look, 100)
    return () => clearInterval(timer)
  }

  async function addFiles(texts: Map<string, string>, directory: string, except: readonly string[] = []) {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && !except.includes(path))
        texts.set(path, `${path}\n${await readFile(path, 'latin1')}`)
    }
  }

  /** Adds a helper that also records its environment and arguments, and reveals a secret on stdout when it fails. */
  async function addTalkingHelper(name: string, credential: object): Promise<string> {
    const record = join(bench.path(), '')
    await mkdir(record)
    await helpers.addScript(
      name,
      `env > '${record}/env'; echo "$0 $@" > '${record}/args'; cat > /dev/null
[ "$1" = get ] && { echo '${JSON.stringify(credential)}'; exit 0; }
echo '${planted.password}'; echo 'token: ${planted.identityToken}' >&2; exit 1`,
    )
    return record
  }

  it('are in nothing that login, pull, inspect and logout leave, except the file of logins', async () => {
    const registry = await tokenRegistry()
    const home = bench.path()
    await mkdir(join(home, '.docker'), { recursive: true })
    const file = join(home, '.docker', 'config.json')
    const texts = new Map<string, string>()
    const record = await addTalkingHelper('talking', { Username: 'user', Secret: planted.password })
    const env = {
      ...{ HOME: home, PATH: `${helpers.bin}:${process.env['PATH'] ?? ''}`, WINDLASS_DEBUG: '1' },
      ...{ CI_JOB_TOKEN: planted.environment, WINDLASS_CODE_CACHE: '0', WINDLASS_STORE: join(home, 'store') },
    }
    const stop = watchProcesses(texts)
    const run = async (exit: number, args: readonly string[], input = '', more = {}) => {
      received.clear()
      const result = await runWindlass(args, { env: { ...env, ...more }, input })
      texts.set(`${args.join(' ')} ${texts.size}: stdout`, result.stdout)
      texts.set(`${args.join(' ')} ${texts.size}: stderr`, result.stderr)
      expectExit(result, exit)
    }
    const image = `${registry.host}/team/app:v1`
    const closed = `${registry.host}/team/closed:v1`
    const login = ['login', '--username', 'user', '--password-stdin', registry.host]
    await run(0, login, planted.password)
    expect(await readFile(file, 'utf8')).toContain(planted.identityToken)
    await run(3, login, `${planted.password}x`)
    await run(0, ['pull', '--progress', 'json', '--platform', 'linux/amd64', image])
    await run(0, ['inspect', image])
    await run(3, ['pull', '--progress', 'json', closed])
    await run(0, ['login', '--get', registry.host])
    await run(0, ['logout', registry.host])

    const auths = (entry: object) => ({
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [registry.host]: entry } }),
    })
    await run(0, ['inspect', image], '', auths({ registrytoken: planted.registryToken }))
    await run(3, ['inspect', closed], '', auths({ registrytoken: planted.registryToken }))

    await writeFile(file, JSON.stringify({ credsStore: 'talking' }))
    await run(0, ['pull', '--progress', 'json', '--platform', 'linux/amd64', image])
    await run(3, ['inspect', closed])
    await run(2, login, planted.password) // the helper refuses to store it
    stop()
    await addFiles(texts, home)
    await addFiles(texts, record)
    expect(texts.get(`${record}/env`)).toContain(`HOME=${home}`)
    expect(texts.size).toBeGreaterThan(30)
    expect(revealing(texts)).toEqual([])
    texts.set('planted', `x${planted.password}x`)
    expect(revealing(texts)).toEqual(['planted'])
  })

  it('are in nothing that a server leaves: its output, store, history and API', async () => {
    const registry = await tokenRegistry()
    const directory = bench.path()
    await mkdir(join(directory, 'containers'), { recursive: true })
    const file = join(directory, 'containers', 'auth.json')
    await writeFile(file, JSON.stringify({ credHelpers: { [registry.host]: 'talking' } }))
    const texts = new Map<string, string>()
    const record = await addTalkingHelper('talking', { Username: '<token>', Secret: planted.identityToken })
    vi.stubEnv('PATH', `${helpers.bin}:${process.env['PATH'] ?? ''}`)
    const stop = watchProcesses(texts)
    const server = await startServe({ directory })
    const run = async (exit: number, args: readonly string[]) => {
      const result = await server.run(args, { env: { WINDLASS_DEBUG: '1' } })
      texts.set(args.join(' '), result.stdout + result.stderr)
      expectExit(result, exit)
    }
    try {
      await run(0, [
        'pull',
        '--via',
        '--progress',
        'json',
        '--platform',
        'linux/amd64',
        `${registry.host}/team/app:v1`,
      ])
      await run(3, ['pull', '--via', '--progress', 'json', `${registry.host}/team/closed:v1`])
      await run(0, ['ps', '--all', '--json'])
    } finally {
      await server.end()
    }
    stop()
    texts.set('output of the server', server.output())
    await addFiles(texts, directory)
    await addFiles(texts, record)
    expect(registry.requests.some(({ kind, method }) => kind === 'token' && method === 'POST')).toBe(true)
    expect([...texts.keys()].some((path) => /histor|pulls/i.test(path))).toBe(true)
    expect(revealing(texts)).toEqual([])
  })
})
