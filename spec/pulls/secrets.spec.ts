/** Plants secrets, runs the command line and the library into what goes wrong, and looks for them in all that is left. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import {
  type FaultScene,
  faultCatalogue,
  problem,
  startFaultScene,
} from '../../lib/testing/registry/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Left {
  readonly exit: number | null
  /** By where it was found. */
  readonly texts: ReadonlyMap<string, string>
}

/** Everything under `directory`, names included. */
async function filesUnder(directory: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const read = files.map(async (path) => [path, `${path}\n${await readFile(path, 'latin1')}`] as const)
  return new Map(await Promise.all(read))
}

/** Runs the command line, looks at it from outside while it runs, and collects what it leaves. */
async function runCommand(
  args: readonly string[],
  store: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Left> {
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args, '--store', store], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: store, WINDLASS_CODE_CACHE: '0', NODE_DEBUG: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = new Map<string, string>()
  const add = (where: string, text: string): void => void texts.set(where, (texts.get(where) ?? '') + text)
  child.stdout.on('data', (text: Buffer) => add('stdout', text.toString()))
  child.stderr.on('data', (text: Buffer) => add('stderr', text.toString()))
  const look = setInterval(() => {
    for (const what of ['cmdline', 'comm'])
      void readFile(`/proc/${child.pid ?? 0}/${what}`, 'utf8').then(
        (text) => add(`the process's ${what}`, `${text}\n`),
        () => undefined,
      )
  }, 20)
  const [exit] = (await once(child, 'close')) as [number | null]
  clearInterval(look)
  for (const [path, text] of await filesUnder(store)) add(path, text)
  return { exit, texts }
}

const found = (texts: ReadonlyMap<string, string>, secrets: readonly string[]): readonly string[] =>
  [...texts].flatMap(([where, text]) => secrets.filter((secret) => text.includes(secret)).map(() => where))

/** Each of these goes through places where a secret could slip out. */
const ids = [
  'redirect/signed',
  'redirect/target-tells-back',
  'redirect/target-wrong-bytes',
  'redirect/target-resets',
  'redirect/nowhere',
  'redirect/back',
  'token/says-the-password',
  'token/newline',
  'token/silent',
  'challenge/refuses-everything-for-ever',
  'status/refusal-with-escapes',
  'blob/truncated',
  'wire/two-lengths',
  'stall/manifest-silent',
]

describe('planted secrets are in nothing that is left', () => {
  const bench = new Workbench()
  const scenes: FaultScene[] = []
  afterEach(async () => {
    for (const each of scenes.splice(0)) await each.close()
  })

  async function scene(id: string): Promise<FaultScene> {
    const fault = faultCatalogue.find((each) => each.id === id)
    if (!fault) throw new Error(`There is no fault ${id}`)
    const started = await startFaultScene(fault)
    scenes.push(started)
    return started
  }

  /** A file as `docker login` leaves it, away from the store. */
  async function authFile(entry: object, host: string): Promise<string> {
    const path = bench.path()
    await writeFile(path, JSON.stringify({ auths: { [host]: entry } }))
    return path
  }

  it.each(ids)('by the command line, which runs into %s', async (id) => {
    const { registry, reference, login, secrets } = await scene(id)
    const store = bench.path()
    await mkdir(store)
    const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64')
    const args = [
      'pull',
      reference,
      '--authfile',
      await authFile({ auth }, registry.host),
      '--progress',
      'json',
    ]
    const { texts } = await runCommand(
      [...args, '--platform', 'linux/amd64', '--stall-timeout', '1', '--retries', '1'],
      store,
    )
    expect(registry.requests.some(({ headers }) => headers['authorization']?.includes(auth))).toBe(true)
    expect(texts.get('stderr')).toContain('"type":"start"')
    expect(found(texts, secrets())).toEqual([])
  })

  it('by --help and by a login that fails, with the password in the environment', async () => {
    const { reference, login, secrets } = await scene('token/unauthorized')
    const store = bench.path()
    await mkdir(store)
    const env = { WINDLASS_PASSWORD: login.password, WINDLASS_USERNAME: login.username }
    for (const args of [
      ['pull', '--help'],
      ['--help'],
      ['pull', reference],
      ['pull', reference, '--bad-option'],
    ]) {
      const { texts } = await runCommand(args, store, env)
      expect([...texts.values()].join('')).not.toBe('')
      expect(found(texts, secrets())).toEqual([])
    }
  })

  it('by a proxy that is not there, with a password in its address', async () => {
    const store = bench.path()
    await mkdir(store)
    const proxy = 'http://someone:pr0xy%2Dpl4nted@127.0.0.1:1'
    const args = ['pull', 'registry.example/team/app:v1', '--retries', '1', '--progress', 'json']
    const { exit, texts } = await runCommand(args, store, { HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '0' })
    expect(exit).toBe(6)
    expect(found(texts, ['pl4nted', Buffer.from('someone:pr0xy-pl4nted').toString('base64')])).toEqual([])
  })

  it('by the library, with an identity token', async () => {
    const registry = await bench.registry()
    const [identity, bearer] = ['1dentity-pl4nted-token', 'b34rer-pl4nted-token']
    let refuse = false
    registry.hook(({ kind, headers, method }) => {
      if (kind === 'token')
        return method === 'POST'
          ? { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ access_token: bearer })) }
          : problem(405, 'UNSUPPORTED', 'POST')
      if (headers['authorization'] === `Bearer ${bearer}`)
        return refuse ? problem(403, 'DENIED', `no ${bearer} of ${identity}`) : undefined
      return problem(401, 'UNAUTHORIZED', 'log in', {
        'www-authenticate': `Bearer realm="${registry.url}/token"`,
      })
    })
    await putImage(registry, 'team/app', 'v1', imageOf(['a', 'b']))
    const authFileOf = await authFile({ identitytoken: identity }, registry.host)
    const puller = await bench.puller({ authFile: authFileOf })
    const texts = new Map<string, string>()
    for (const refused of [false, true]) {
      refuse = refused
      const pull = puller.pull(`${registry.host}/team/app:v1`, { platform: 'linux/amd64' })
      pull.events.subscribe({
        next: (event) => texts.set(`event ${event.seq} ${refused}`, inspect(event, { depth: 10 })),
        error: () => undefined,
      })
      const outcome: unknown = await pull.done.catch((error: unknown) => error)
      texts.set(`outcome ${refused}`, inspect(outcome, { depth: 10, showHidden: true, getters: true }))
      expect(outcome instanceof Error).toBe(refused)
    }
    texts.set('puller', inspect(puller, { depth: 10, showHidden: true }))
    texts.set('title', process.title)
    for (const [path, text] of await filesUnder(puller.store)) texts.set(path, text)
    expect(registry.requests.some(({ kind, method }) => kind === 'token' && method === 'POST')).toBe(true)
    expect(found(texts, [identity, bearer])).toEqual([])
  })

  it('and would be found', async () => {
    const directory = bench.path()
    await mkdir(directory)
    await writeFile(join(directory, 'file'), 'a s3cret in it')
    expect(found(await filesUnder(directory), ['s3cret'])).toEqual([join(directory, 'file')])
  })
})
