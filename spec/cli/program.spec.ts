import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../cli/program.js'
import { version } from '../../cli/version.js'
import { buildIndex, putImage, startRegistry, tinyImage, type TestRegistry } from '../../lib/testing/index.js'
import { decodeEvent } from '../../lib/events/index.js'
import { TestTerminal, windlass } from '../support/cli/test-terminal.js'

let registry: TestRegistry
let work: string
let store: string
const amd = tinyImage()
const arm = tinyImage({ platform: { os: 'linux', architecture: 'arm64' } })
const index = buildIndex([amd, arm])

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'windlass-cli-'))
  store = path.join(work, 'store')
  registry = await startRegistry()
  await putImage(registry, 'team/app', '1.0', amd)
  await putImage(registry, 'team/app', 'multi', index)
})

afterAll(async () => {
  await registry.close()
  await rm(work, { recursive: true, force: true })
})

const amd64 = ['--platform', 'linux/amd64']
const name = (tag = '1.0'): string => `${registry.host}/team/app:${tag}`

describe('help and usage', () => {
  it('prints its version', async () => {
    expect(await windlass(['--version'])).toMatchObject({ code: 0, out: `${version()}\n`, err: '' })
    expect(version()).toMatch(/^\d+\.\d+\.\d+/)
  })

  it('lists the commands', async () => {
    const { code, out } = await windlass(['--help'])
    expect(code).toBe(0)
    for (const command of ['pull', 'copy', 'inspect', 'tags', 'images', 'unpack', 'demo'])
      expect(out).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(out).toContain('Exit codes')
    // It fits a screen: groups of commands, one line each.
    expect(out.split('\n').length).toBeLessThanOrEqual(64)
    for (const group of ['Get images', 'Manage the store', 'Run and steer a server'])
      expect(out).toContain(`\n${group}:\n`)
  })

  it.each(['pull', 'copy', 'inspect', 'tags', 'images', 'unpack', 'demo'])(
    '%s --help has examples and --json',
    async (command) => {
      for (const argv of [
        [command, '--help'],
        ['help', command],
      ]) {
        const { code, out, err } = await windlass(argv)
        expect([code, err]).toEqual([0, ''])
        expect(out).toContain(`Examples:\n  windlass ${command}`)
        expect(out).toContain('--json')
      }
    },
  )

  it.each([
    ['no command', [], 'Usage'],
    ['an unknown command', ['pul'], "windlass: unknown command 'pul'"],
    ['an unknown option', ['pull', '--frobnicate', 'a'], "windlass: unknown option '--frobnicate'"],
    ['no image', ['pull'], 'windlass: No image is named'],
    ['too much', ['inspect', 'a', 'b'], 'windlass: too many arguments'],
    ['a number that is none', ['pull', '--retries', '3x', 'a'], 'It must be a whole number of at least 1'],
    [
      'a choice that is none',
      ['pull', '--progress', 'loud', 'a'],
      'Allowed choices are auto, tty, plain, json, docker, none',
    ],
    ['options that exclude each other', ['inspect', '--raw', '--config', 'a'], 'cannot be used with'],
    ['a bad reference', ['inspect', 'UPPER CASE'], 'windlass: '],
    ['a bad platform', ['inspect', '--platform', '///', 'a'], 'windlass: '],
    ['an empty --authfile', ['tags', '--authfile', '', 'a'], 'The option --authfile must be a path'],
    [
      'a password for nobody',
      ['tags', '--password-stdin', 'a'],
      'The option --password-stdin requires --username',
    ],
    [
      'a user without a password',
      ['tags', '--username', 'me', 'a'],
      'The option --username requires a password',
    ],
    [
      'certificates that are not there',
      ['tags', '--ca', '/nonexistent.pem', 'a'],
      'Failed to read the certificates in "/nonexistent.pem" (--ca): it does not exist',
    ],
    [
      'a file without a certificate',
      ['tags', '--ca', 'package.json', 'a'],
      'The file "package.json" (--ca) contains no certificate',
    ],
    [
      'certificates that never end',
      ['tags', '--ca', '/dev/zero', 'a'],
      'Failed to read the certificates in "/dev/zero" (--ca): it is a device',
    ],
    [
      'the tags of a layout',
      ['tags', 'oci:/dir'],
      'Cannot list tags: "oci:/dir" is an image layout, not a repository',
    ],
    [
      'a wait that is none',
      ['tags', '--response-timeout', '0', 'a'],
      'It must be a whole number from 1 to 2147483',
    ],
  ])('ends with 2 for %s', async (_, argv, message) => {
    const { code, out, err } = await windlass(argv)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
    expect(err).not.toContain('    at ')
  })

  it('refuses --rootfs for several images before any request', async () => {
    const { code, err } = await windlass([
      'pull',
      '--store',
      store,
      '--rootfs',
      path.join(work, 'one'),
      'a',
      'b',
    ])
    expect([code, registry.requests.filter(({ kind }) => kind === 'manifest')]).toEqual([2, []])
    expect(err).toContain('The option --rootfs is for one image, but 2 are given')
  })

  it('reports an error of usage as an event if messages are JSON', async () => {
    const { code, out, err } = await windlass(['pull', '--progress', 'json', '--frobnicate', 'a'])
    expect([code, out]).toEqual([2, ''])
    expect(decodeEvent(err)).toMatchObject({
      type: 'end',
      error: { code: 'USAGE', message: expect.stringContaining("unknown option '--frobnicate'") as string },
    })
  })

  it('escapes control characters of arguments in messages', async () => {
    const { code, err } = await windlass(['\u001b[2J\u202e'])
    expect(code).toBe(2)
    // eslint-disable-next-line no-control-regex
    expect(err).not.toMatch(/[\u001b\u202e]/)
  })
})

describe('pull', () => {
  it('prints name@digest on stdout and progress on stderr', async () => {
    const { code, out, err } = await windlass(['pull', ...amd64, '--store', store, name()])
    expect([code, out]).toEqual([0, `${name()}@${amd.manifest.digest}\n`])
    expect(err).toContain(`Pulling ${name()} for linux/amd64\n`)
    expect(err).toContain('Pull complete\n')
    expect(err).toContain(`Downloaded newer image for ${name()}\n`)
    expect(err).not.toContain('\u001b')
  })

  it('takes the store from the environment, and prints no progress with -q', async () => {
    const own = path.join(work, 'own')
    process.env['WINDLASS_STORE'] = own
    try {
      const { err } = await windlass(['pull', '-q', ...amd64, name()])
      expect(err).toBe('')
    } finally {
      delete process.env['WINDLASS_STORE']
    }
    expect(await readdir(own)).toContain('index.json')
  })

  it('prints the result as JSON and the events as lines', async () => {
    const argv = ['pull', '--json', '--progress', 'json', ...amd64, '--store', store, name()]
    const { out, err } = await windlass(argv)
    expect(JSON.parse(out)).toMatchObject({
      name: name(),
      digest: amd.manifest.digest,
      platform: 'linux/amd64',
      imageId: amd.config.digest,
      status: 'up-to-date',
      layers: [{ digest: amd.layers[0]!.digest, diffID: amd.layers[0]!.diffID }],
    })
    const events = err.trimEnd().split('\n').map(decodeEvent)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, position) => position + 1))
    expect([events.at(0)?.type, events.at(-1)?.type]).toEqual(['start', 'end'])
  })

  it('continues after an image that fails, and ends with the exit code of the first failure', async () => {
    const names = [name('nope'), name(), 'UPPER CASE']
    const { code, out, err } = await windlass(['pull', '-q', ...amd64, '--store', store, ...names])
    expect(code).toBe(4)
    expect(out).toBe(`${name()}@${amd.manifest.digest}\n`)
    expect(err.match(/^windlass: /gm)).toHaveLength(2)
  })

  it('prints a failure as JSON with --json', async () => {
    const { code, out } = await windlass(['pull', '-q', '--json', '--store', store, name('nope')])
    expect(code).toBe(4)
    expect(JSON.parse(out)).toMatchObject({ name: name('nope'), error: { code: 'MANIFEST_UNKNOWN' } })
  })

  it('ends with 6 if the registry cannot be reached', async () => {
    const gone = await startRegistry()
    await gone.close()
    const argv = ['pull', '-q', '--retries', '1', '--store', store, `${gone.host}/a:1`]
    const { code, err } = await windlass(argv)
    expect(code).toBe(6)
    expect(err).toMatch(/^windlass: .*\n/)
    expect(err).not.toContain('    at ')
  })

  it('unpacks all layers into one tree with --rootfs', async () => {
    const rootfs = path.join(work, 'rootfs')
    await windlass(['pull', '-q', ...amd64, '--store', store, '--rootfs', rootfs, name()])
    expect(await readFile(path.join(rootfs, 'motd'), 'utf8')).toBe('hello from a tiny image\n')
  })

  it('ends with 130 on Ctrl-C and leaves no staged files (S2-64)', async () => {
    const slow = await startRegistry({ bytesPerSecond: 100 })
    await putImage(slow, 'slow', '1', tinyImage({ compression: 'none' }))
    const own = path.join(work, 'cancelled')
    const terminal = new TestTerminal()
    const code = run(
      ['pull', '--progress', 'plain', ...amd64, '--store', own, `${slow.host}/slow:1`],
      terminal,
    )
    while (!terminal.err.includes('Downloading')) await new Promise((resolve) => setTimeout(resolve, 10))
    terminal.signals.emit('SIGINT')
    expect(await code).toBe(130)
    expect(terminal.out).toBe('')
    expect(
      terminal.err.match(/what was received is kept, and the next pull resumes it; interrupt again/g),
    ).toHaveLength(1)
    expect(terminal.exits).toEqual([])
    expect(terminal.signals.listenerCount('SIGINT')).toBe(0)
    expect(await readdir(path.join(own, 'staging')).catch(() => [])).toEqual([])
    await slow.close()
  })
})

describe('inspect', () => {
  it('shows manifest and config as JSON, and requests no layer', async () => {
    const before = registry.requests.length
    const { out } = await windlass(['inspect', '--platform', 'linux/arm64', name('multi')])
    expect(JSON.parse(out)).toMatchObject({
      Tag: 'multi',
      Digest: index.manifest.digest,
      Platform: 'linux/arm64',
      ImageId: arm.config.digest,
      ManifestDigest: arm.manifest.digest,
    })
    const asked = registry.requests.slice(before).map(({ reference }) => reference)
    expect(asked).not.toContain(arm.layers[0]!.digest)
  })

  it('prints the exact bytes with --raw and --config', async () => {
    const raw = await windlass(['inspect', '--raw', name('multi')])
    expect(raw.bytes.equals(index.manifest.bytes)).toBe(true)
    const config = await windlass(['inspect', '--config', '--platform', 'linux/arm64', name('multi')])
    expect(config.bytes.equals(arm.config.bytes)).toBe(true)
  })

  it('ends with 4 if the index has no image for the platform', async () => {
    expect(await windlass(['inspect', '--platform', 'linux/s390x', name('multi')])).toMatchObject({ code: 4 })
  })
})

describe('tags', () => {
  it('prints one tag per line, or JSON', async () => {
    const repository = `${registry.host}/team/app`
    expect((await windlass(['tags', repository])).out).toBe('1.0\nmulti\n')
    const { out } = await windlass(['tags', '--json', repository])
    expect(JSON.parse(out)).toEqual({ repository, tags: ['1.0', 'multi'] })
  })

  it('logs in with a password from stdin or from the environment', async () => {
    const locked = await startRegistry({ auth: { kind: 'basic', username: 'me', password: 'p w' } })
    await putImage(locked, 'a', '1', amd)
    const argv = ['tags', '--username', 'me', `${locked.host}/a`]
    expect(await windlass([...argv, '--password-stdin'], { stdin: 'p w\n' })).toMatchObject({
      code: 0,
      out: '1\n',
    })
    expect(await windlass(argv, { env: { WINDLASS_PASSWORD: 'p w' } })).toMatchObject({ code: 0, out: '1\n' })
    const wrong = await windlass([...argv, '--password-stdin'], { stdin: 'wrong' })
    expect(wrong.code).toBe(3)
    expect(wrong.err).not.toContain('wrong')
    await locked.close()
  })
})

describe('images', () => {
  it('lists the pulled images', async () => {
    const own = path.join(work, 'listed')
    await windlass(['pull', '-q', ...amd64, '--store', own, name(), name('multi')])
    const { out } = await windlass(['images', '--store', own])
    const [head, first, second, ...rest] = out.split('\n')
    expect(head).toMatch(/^NAME +ID +SIZE +SHARED +PLATFORMS +AGE +USED$/)
    expect(first).toMatch(
      new RegExp(
        `^${name()} +${amd.config.digest.slice(7, 19)} +[\\d.]+ k?B +[\\d.]+ k?B +linux/amd64 +\\S+ +\\d+s$`,
      ),
    )
    expect(second?.startsWith(name('multi'))).toBe(true)
    expect(rest).toEqual([''])
    const json: unknown = JSON.parse((await windlass(['images', '--json', '--store', own])).out)
    expect(json).toHaveLength(2)
  })

  it('prints only the head for an empty store', async () => {
    expect((await windlass(['images', '--json', '--store', path.join(work, 'empty')])).out).toBe('[]\n')
  })
})

describe('unpack', () => {
  it('creates one tree and refuses a directory that is not empty', async () => {
    const directory = path.join(work, 'tree')
    const argv = ['unpack', '-q', ...amd64, '--store', store, name(), directory]
    expect(await windlass(argv)).toMatchObject({ code: 0, out: `${name()}@${amd.manifest.digest}\n` })
    expect(await readFile(path.join(directory, 'etc/motd'), 'utf8')).toBe('hello from a tiny image\n')
    await writeFile(path.join(directory, 'mine'), '')
    expect((await windlass(argv)).code).not.toBe(0)
    expect(await readdir(directory)).toContain('mine')
  })
})

describe('the program as a process', () => {
  const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
  const shell = (command: string): Promise<{ code: unknown; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, W: `'${process.execPath}' --import tsx '${main}'` }
      execFile('bash', ['-c', command], { env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      )
    })

  it('prints no error when the reader of its output has left', async () => {
    for (let tag = 0; tag < 3000; tag++)
      registry.putManifest('team/many', `tag-${tag}`, amd.manifest.bytes, amd.manifest.mediaType)
    const command = `set -o pipefail; eval "$W" tags ${registry.host}/team/many | head -1`
    expect(await shell(command)).toEqual({ code: 0, stdout: 'tag-0\n', stderr: '' })
  })

  it('ends with its exit code and one line, and prints stacks only if requested', async () => {
    const command = `eval "$W" inspect ${name('nope')}`
    const { code, stderr } = await shell(command)
    expect(code).toBe(4)
    expect(stderr).toMatch(/^windlass: [^\n]*\n( {2}[^\n]*\n)?$/)
    expect((await shell(`WINDLASS_DEBUG=1 ${command}`)).stderr).toContain('    at ')
  })
})
