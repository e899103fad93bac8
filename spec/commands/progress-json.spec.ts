/** With `--progress json`, stderr holds events, one a line, and nothing else, however the command ends. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type PullEvent, decodeEvent } from '../../lib/events/index.js'
import { putImage, tinyImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults, startRegistry } from '../../lib/testing/registry/index.js'
import { messageFormat } from '../../cli/terminal/message-format.js'
import { run } from '../../cli/program.js'
import { TestTerminal, windlass } from '../support/cli/test-terminal.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const image = tinyImage()

let work: string
let registry: TestRegistry
let name: string
beforeAll(async () => (work = await mkdtemp(path.join(tmpdir(), 'windlass-json-'))))
afterAll(() => rm(work, { recursive: true, force: true }))
beforeEach(async () => {
  registry = await startRegistry()
  await putImage(registry, 'team/app', '1', image)
  name = `${registry.host}/team/app:1`
})
afterEach(() => registry.close())

/** Every line of stderr; fails where one is no event. */
const eventsIn = (stderr: string): PullEvent[] => {
  expect(stderr === '' || stderr.endsWith('\n')).toBe(true)
  return stderr.split('\n').slice(0, -1).map(decodeEvent)
}

const json = ['--progress', 'json']

interface Failing {
  readonly argv: () => readonly string[]
  readonly code: string
  readonly exit: number
}

const failing: Readonly<Record<string, Failing>> = {
  'no image': { argv: () => ['pull', ...json], code: 'USAGE', exit: 2 },
  'an unknown option': { argv: () => ['pull', ...json, '--frobnicate', name], code: 'USAGE', exit: 2 },
  'an unknown option before it': {
    argv: () => ['pull', '--frobnicate', ...json, name],
    code: 'USAGE',
    exit: 2,
  },
  'an unknown option of unpack': {
    argv: () => ['unpack', '--progress=json', '-x', 'a', 'b'],
    code: 'USAGE',
    exit: 2,
  },
  'an unknown option of demo': { argv: () => ['demo', ...json, '--nope'], code: 'USAGE', exit: 2 },
  'too many arguments': { argv: () => ['unpack', ...json, 'a', 'b', 'c'], code: 'USAGE', exit: 2 },
  'a missing argument': { argv: () => ['unpack', ...json, 'a'], code: 'USAGE', exit: 2 },
  'a number that is none': { argv: () => ['pull', ...json, '--retries', '0', name], code: 'USAGE', exit: 2 },
  'a platform that is none': {
    argv: () => ['pull', ...json, '--platform', '///', name],
    code: 'USAGE',
    exit: 2,
  },
  'a limit that is none': { argv: () => ['pull', ...json, '--limit', 'x=1', name], code: 'USAGE', exit: 2 },
  'options that exclude each other': {
    argv: () => ['pull', ...json, '-a', '--rootfs', path.join(work, 'tree'), name],
    code: 'USAGE',
    exit: 2,
  },
  'two images and one tree': {
    argv: () => ['pull', ...json, '--rootfs', path.join(work, 'tree'), name, name],
    code: 'USAGE',
    exit: 2,
  },
  'a tag beside --all-tags': { argv: () => ['pull', ...json, '-a', name], code: 'USAGE', exit: 2 },
  'a user without a password': {
    argv: () => ['pull', ...json, '--username', 'me', name],
    code: 'USAGE',
    exit: 2,
  },
  'certificates that are not there': {
    argv: () => ['pull', ...json, '--ca', '/nonexistent', name],
    code: 'USAGE',
    exit: 2,
  },
  'a name that is none': { argv: () => ['pull', ...json, 'a//b'], code: 'REFERENCE_INVALID', exit: 2 },
  'a layout that is none': {
    argv: () => ['pull', ...json, 'oci:/nonexistent'],
    code: 'MANIFEST_UNKNOWN',
    exit: 4,
  },
  'a tag that is not there': {
    argv: () => ['pull', ...json, `${registry.host}/team/app:2`],
    code: 'MANIFEST_UNKNOWN',
    exit: 4,
  },
  'a repository that is not there': {
    argv: () => ['pull', ...json, '-a', `${registry.host}/no/such`],
    code: 'NAME_UNKNOWN',
    exit: 4,
  },
  'a registry that is not there': {
    argv: () => ['pull', ...json, '127.0.0.1:9/x'],
    code: 'NETWORK',
    exit: 6,
  },
  'a store that is none': {
    argv: () => ['pull', ...json, '--store', path.join(work, 'file', 'store'), name],
    code: 'STORE_',
    exit: 7,
  },
  'a directory that holds something': { argv: () => ['unpack', ...json, name, work], code: '', exit: 1 },
}

describe('stderr with --progress json', () => {
  beforeAll(() => writeFile(path.join(work, 'file'), ''))

  it.each(Object.keys(failing))('holds nothing but events for %s', async (what) => {
    const { argv, code, exit } = failing[what]!
    const store = path.join(work, 'store')
    const given = argv()
    const ended = await windlass(given.includes('--store') ? given : [...given, '--store', store])
    const events = eventsIn(ended.err)
    const errors = events.flatMap((event) => (event.type === 'end' && event.error ? [event.error] : []))
    expect(errors).toHaveLength(1)
    expect(errors[0]!.code).toMatch(new RegExp(`^${code}`))
    if (exit !== 1) expect(ended.code).toBe(exit)
    else expect(ended.code).not.toBe(0)
  })

  it('is wanted by the variable as well, of the commands that have it', async () => {
    process.env['WINDLASS_PROGRESS'] = 'json'
    try {
      const env = { WINDLASS_PROGRESS: 'json' }
      expect(eventsIn((await windlass(['pull', '--nope'], { env })).err)).toHaveLength(1)
      expect((await windlass(['tags', '--nope'], { env })).err).toContain("windlass: unknown option '--nope'")
      expect((await windlass(['pull', '--progress', 'plain', '--nope'], { env })).err).toContain('windlass: ')
    } finally {
      delete process.env['WINDLASS_PROGRESS']
    }
  })

  it('says each failure of several once, and goes on', async () => {
    const argv = [
      'pull',
      ...json,
      '--store',
      path.join(work, 'several'),
      'a//b',
      name,
      `${registry.host}/team/app:2`,
    ]
    const { code, err } = await windlass(argv)
    expect(code).toBe(2)
    const ends = eventsIn(err).filter((event) => event.type === 'end')
    expect(ends).toMatchObject([
      { seq: 1, outcome: 'failed', error: { code: 'REFERENCE_INVALID' } },
      { outcome: 'done' },
      { outcome: 'failed', error: { code: 'MANIFEST_UNKNOWN' } },
    ])
  })

  it('holds events where it is interrupted, once and twice', async () => {
    registry.addFault(faults.stall(10, { times: Infinity }))
    const terminal = new TestTerminal()
    const ended = run(['pull', ...json, '--store', path.join(work, 'interrupted'), name], terminal)
    await expect.poll(() => registry.appliedFaults).toContain('stall')
    terminal.signals.emit('SIGINT')
    terminal.signals.emit('SIGINT')
    expect(await ended).toBe(130)
    expect(terminal.exits).toEqual([130])
    const events = eventsIn(terminal.err)
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ code: 'cancelling' }])
    expect(events.filter(({ type }) => type === 'end')).toMatchObject([{ outcome: 'cancelled' }])
  })

  it('holds what Node warns of, and errors that nobody caught, as events', async () => {
    registry.addFault(faults.stall(10, { times: Infinity }))
    const preload = path.join(work, 'preload.cjs')
    await writeFile(
      preload,
      `if (require('node:worker_threads').isMainThread) {
        setTimeout(() => process.emitWarning('odd'), 100)
        setTimeout(() => process.emitWarning('old', 'DeprecationWarning'), 100)
        setTimeout(() => { throw new Error('stray') }, 300)
      }`,
    )
    const child = spawn(
      process.execPath,
      [main, 'pull', ...json, '--store', path.join(work, 'process'), name],
      {
        env: {
          PATH: process.env['PATH'],
          WINDLASS_CODE_CACHE: '0',
          NODE_OPTIONS: `--require ${preload}`,
          HOME: work,
        },
      },
    )
    let stderr = ''
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
    child.stdout.resume()
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect(code).toBe(1)
    const said = eventsIn(stderr).filter(({ seq }) => seq === 0)
    expect(said).toMatchObject([
      { type: 'warning', code: 'process', message: 'odd' },
      { type: 'end', outcome: 'failed', error: { code: 'INTERNAL', message: 'stray' } },
    ])
  })
})

describe('messageFormat', () => {
  it.each([
    [['pull', '--progress', 'json'], 'json'],
    [['pull', '--progress=json', 'a'], 'json'],
    [['pull', '--progress', 'docker', 'a'], 'docker'],
    [['pull', '--progress', 'json', '--progress', 'plain'], 'text'],
    [['pull', '--', '--progress', 'json'], 'text'],
    [['pull', '--progress'], 'text'],
    [['pull', '--progress', 'jsonl'], 'text'],
    [[], 'text'],
  ])('%j: %s', (argv, expected) => expect(messageFormat(argv, {}, true)).toBe(expected))

  it('asks the variable last', () => {
    const env = { WINDLASS_PROGRESS: 'json' }
    expect(messageFormat([], env, true)).toBe('json')
    expect(messageFormat([], env, false)).toBe('text')
    expect(messageFormat(['--progress', 'tty'], env, true)).toBe('text')
  })
})
