/** `--progress docker`: the client library of Docker reads what a command writes. */
import { createRequire } from 'node:module'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PlainView } from '../../../cli/render/plain-view.js'
import { progressView } from '../../../cli/render/progress.js'
import { TerminalView } from '../../../cli/render/tty.js'
import { buildImage, putImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../../lib/testing/registry/index.js'
import { windlass } from '../../support/cli/test-terminal.js'

interface Line {
  readonly id?: string
  readonly status?: string
  readonly error?: string
  readonly errorDetail?: { readonly message: string }
}

/** The part of docker-modem that is used; it has no types. */
interface Modem {
  followProgress(stream: Readable, onEnd: (error: Error | null, lines: Line[]) => void): void
}

const Docker = createRequire(import.meta.url)('docker-modem') as new () => Modem

/** Reads `text` as docker-modem reads the response to a pull. It throws at a line that is not JSON. */
const follow = (text: string): Promise<Line[]> =>
  new Promise((resolve, reject) => {
    new Docker().followProgress(Readable.from([Buffer.from(text)]), (error, lines) =>
      error ? reject(error) : resolve(lines),
    )
  })

const image = buildImage({
  layers: [{ entries: [{ path: 'a', content: 'a' }] }],
  platform: { os: 'linux', architecture: 'amd64' },
})

let work: string
let registry: TestRegistry
beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'windlass-docker-lines-'))
  registry = await startRegistry()
  await putImage(registry, 'team/app', '1', image)
})
afterAll(async () => {
  await registry.close()
  await rm(work, { recursive: true })
})

const pull = (...words: readonly string[]) =>
  windlass([
    'pull',
    '--progress',
    'docker',
    '--store',
    path.join(work, 'store'),
    '--platform',
    'linux/amd64',
    ...words,
  ])

describe('--progress docker', () => {
  it('writes lines that docker-modem follows, from the name to the status', async () => {
    const { code, err } = await pull(`${registry.host}/team/app:1`)
    expect(code).toBe(0)
    const lines = await follow(err)
    const id = image.layers[0]!.digest.slice('sha256:'.length).slice(0, 12)
    expect(lines[0]).toEqual({ status: 'Pulling from team/app', id: '1' })
    expect(lines.filter((line) => line.id === id).map(({ status }) => status)).toEqual(
      expect.arrayContaining(['Pulling fs layer', 'Download complete', 'Pull complete']),
    )
    expect(lines.slice(-2)).toEqual([
      { status: `Digest: ${image.manifest.digest}` },
      { status: `Status: Downloaded newer image for ${registry.host}/team/app:1` },
    ])
    expect(err).toMatch(/\}\r\n$/)
  })

  it('writes each failure once, also one of the command itself', async () => {
    const missing = await pull(`${registry.host}/team/app:2`)
    expect(missing.code).toBe(4)
    const errors = (await follow(missing.err)).filter(({ error }) => error !== undefined)
    expect(errors).toHaveLength(1)
    expect(errors[0]!.errorDetail).toEqual({ message: errors[0]!.error })
    const usage = await pull('--retries', '0x', 'a')
    expect(usage.code).toBe(2)
    expect(await follow(usage.err)).toMatchObject([{ error: expect.stringContaining('--retries') as string }])
  })
})

describe('the progress of a command', () => {
  it.each([
    [true, 'xterm', TerminalView],
    [true, 'dumb', PlainView],
    [false, 'xterm', PlainView],
  ])('on a stream that is a terminal: %s, of the type %s, is drawn or printed', (isTTY, term, view) => {
    const stderr = Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), { isTTY })
    const progress = progressView('auto', { stderr, env: { TERM: term } })
    expect(progress).toBeInstanceOf(view)
    progress.close()
  })
})
