/** What a command writes to a terminal cannot steer it, whatever a registry, an image or a store holds. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Messages } from '../../cli/terminal/messages.js'
import { Output } from '../../cli/terminal/output.js'
import { jsonForTerminal } from '../../cli/terminal/json-for-terminal.js'
import { WindlassError } from '../../lib/errors.js'
import { buildImage } from '../../lib/testing/images/index.js'
import { writeLayout } from '../support/cli/write-layout.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** An escape, a C1 control, marks that turn the direction of text, what breaks lines, a tag character. */
const nasty = 'a\u001b[31mb\u009b2Jc\u202ed\u2066e\u2028f\u0085g\u{e0041}\u{e0002}h\u200fi'
const steers =
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]/u

const collector = (isTTY: boolean): { stream: Writable & { isTTY: boolean }; text: () => string } => {
  const parts: Buffer[] = []
  const stream = new Writable({
    write(part: Buffer, _encoding, done) {
      parts.push(part)
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY }), text: () => Buffer.concat(parts).toString() }
}

describe('JSON on a terminal', () => {
  it('is the same value, and steers nothing, whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(0, 2), (value, indent) => {
        const text = jsonForTerminal(JSON.stringify(value, undefined, indent))
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(text).not.toMatch(steers)
      }),
    )
  })

  it('is as it was where nothing steers', () => {
    const text = JSON.stringify({ a: ['häuser', '日本', '😀', 1.5, null] }, undefined, 2)
    expect(jsonForTerminal(text)).toBe(text)
  })

  it('is as it was where it goes through a pipe', async () => {
    const piped = collector(false)
    const output = new Output(piped.stream)
    await output.json({ nasty })
    await output.document(Buffer.from(nasty))
    expect(piped.text()).toBe(`${JSON.stringify({ nasty })}\n${nasty}`)
  })

  it('holds for a document byte for byte, but for what steers', async () => {
    const shown = collector(true)
    const document = JSON.stringify({ nasty }).replace('{', '{\r\n\t')
    await new Output(shown.stream).document(Buffer.from(document))
    expect(shown.text()).not.toMatch(steers)
    expect(JSON.parse(shown.text())).toEqual({ nasty })
  })

  it('holds for messages as well', () => {
    for (const format of ['json', 'docker', 'text'] as const) {
      const shown = collector(true)
      const messages = new Messages(shown.stream, { format })
      messages.error(new WindlassError('DENIED', nasty, { hint: nasty, path: nasty }))
      messages.warning('odd', nasty)
      expect(shown.text()).not.toMatch(steers)
    }
  })
})

describe('a command on a terminal', () => {
  let work: string
  let layout: string
  beforeAll(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'windlass-steering-'))
    layout = path.join(work, 'layout')
    const image = buildImage({
      platform: { os: 'linux', architecture: 'amd64' },
      config: { author: nasty, config: { Labels: { nasty }, Env: [nasty] } },
      layers: [{ createdBy: nasty, entries: [{ path: 'a', content: 'a' }] }],
    })
    await writeLayout(layout, image, nasty)
  })
  afterAll(() => rm(work, { recursive: true, force: true }))

  const env = { ...process.env, WINDLASS_CODE_CACHE: '0', TERM: 'xterm' }
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
  const piped = (argv: readonly string[]): string =>
    spawnSync(process.execPath, [main, ...argv], { env, encoding: 'utf8' }).stdout
  /** What a terminal gets, without the carriage returns that it adds itself. */
  const onTerminal = (argv: readonly string[]): string => {
    const command = [process.execPath, main, ...argv].map(quote).join(' ')
    const { stdout } = spawnSync('script', ['-qec', `stty -opost; ${command}`, '/dev/null'], {
      env,
      encoding: 'utf8',
    })
    return stdout
  }

  const platform = ['--platform', 'linux/amd64']
  const commands: Readonly<Record<string, () => readonly string[]>> = {
    inspect: () => ['inspect', ...platform, `oci:${layout}`],
    'inspect --json': () => ['inspect', '--json', ...platform, `oci:${layout}`],
    'inspect --config': () => ['inspect', '--config', ...platform, `oci:${layout}`],
    'inspect --raw': () => ['inspect', '--raw', `oci:${layout}`],
    'images --json': () => ['images', '--json', '--store', layout],
    'verify --json': () => ['verify', '--json', '--store', layout],
  }

  it.each(Object.keys(commands))('%s: the same JSON as through a pipe, and nothing that steers', (name) => {
    const argv = commands[name]!()
    const shown = onTerminal(argv)
    expect(shown).not.toMatch(steers)
    expect(JSON.parse(shown)).toEqual(JSON.parse(piped(argv)))
    if (name !== 'inspect --raw' && name !== 'verify --json') expect(piped(argv)).toMatch(steers)
  })

  it.each([
    ['images', () => ['images', '--store', layout]],
    ['an error that lists names', () => ['inspect', `oci:${layout}:none`]],
    ['an unknown option', () => ['inspect', `--${nasty}`, 'a']],
    ['a name', () => ['inspect', nasty]],
    ['events', () => ['pull', '--progress', 'json', '--store', path.join(work, 'store'), nasty]],
    ['a pull', () => ['pull', '-q', ...platform, '--store', path.join(work, 'store'), `oci:${layout}`]],
  ] as const)('%s: nothing that steers', (_, argv) => {
    const shown = onTerminal(argv())
    expect(shown.length).toBeGreaterThan(10)
    expect(shown).not.toMatch(steers)
  })
})
