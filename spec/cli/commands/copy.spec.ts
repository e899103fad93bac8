/** Tests the output and exit codes of `windlass copy`. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run as runOn } from '../../../cli/program.js'
import { decodeEvent } from '../../../lib/events/index.js'
import { buildImage, buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, faults, problem, startRegistry } from '../../../lib/testing/registry/index.js'
import { TestTerminal, windlass } from '../../support/cli/test-terminal.js'

const image = (architecture: string) =>
  buildImage({
    layers: [{ entries: [{ path: architecture, content: architecture }] }],
    platform: { os: 'linux', architecture },
  })
const amd = image('amd64')
const index = buildIndex([amd, image('arm64')])
const amd64 = ['--platform', 'linux/amd64']

let work: string
let from: TestRegistry
let to: TestRegistry
beforeEach(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'windlass-copy-cli-'))
  from = await startRegistry()
  to = await startRegistry({ push: true })
  await putImage(from, 'team/app', '1', amd)
  await putImage(from, 'team/app', 'all', index)
})
afterEach(async () => {
  await Promise.all([from.close(), to.close()])
  await rm(work, { recursive: true })
})

const source = (tag: string): string => `${from.host}/team/app:${tag}`
const target = (tag: string): string => `${to.host}/mirror/app:${tag}`
const copy = (...args: readonly string[]) => windlass(['copy', ...args])

describe('copy', () => {
  it('prints the name of the target with its digest, and the progress on stderr', async () => {
    const { code, out, err } = await copy(...amd64, source('1'), target('2'))
    expect([code, out]).toEqual([0, `${target('2')}@${amd.manifest.digest}\n`])
    const lines = err.trimEnd().split('\n')
    expect(lines[0]).toBe(`Copying ${source('1')} to ${target('2')}, linux/amd64`)
    expect(lines[2]).toMatch(/^2 blobs, \d+ B$/)
    expect(lines.filter((line) => /^[0-9a-f]{12}: Copied$/.test(line))).toHaveLength(2)
    expect(lines.at(-1)).toBe(`Copied ${source('1')} to ${target('2')}`)
  })

  it('reports that the target is up to date', async () => {
    await copy('-q', ...amd64, source('1'), target('1'))
    const { err } = await copy(...amd64, source('1'), target('1'))
    expect(err).toContain(`${target('1')} is up to date with ${source('1')}`)
  })

  it('copies all platforms, quietly, to a layout and back', async () => {
    const layout = `oci:${path.join(work, 'layout')}:app`
    const digest = index.manifest.digest
    expect(await copy('-q', '--all-platforms', source('all'), layout)).toMatchObject({
      ...{ code: 0, out: `${layout}@${digest}\n`, err: '' },
    })
    expect(await copy('-q', '--all-platforms', layout, target('all'))).toMatchObject({
      ...{ code: 0, out: `${target('all')}@${digest}\n` },
    })
  })

  it('prints only JSON with --json', async () => {
    const { out, err } = await copy('--json', '--progress', 'json', ...amd64, source('1'), target('1'))
    expect(JSON.parse(out)).toMatchObject({
      ...{ from: source('1'), name: target('1'), digest: amd.manifest.digest, status: 'newer' },
      blobs: { copied: 2, mounted: 0, exists: 0 },
    })
    const events = err.trimEnd().split('\n').map(decodeEvent)
    expect(events[0]).toMatchObject({ type: 'start', target: target('1') })
    expect(events.at(-2)).toMatchObject({ type: 'copied', digest: amd.manifest.digest })
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
  })

  it.each([
    ['an image that is not there', ['nope'], 4, 'nope'],
    ['two meanings of platform', ['1', '--all-platforms', '--platform', 'linux/amd64'], 2, 'all-platforms'],
  ])('fails for %s', async (_, [tag = '', ...flags], code, says) => {
    const ended = await copy('-q', ...flags, source(tag), target('1'))
    expect(ended).toMatchObject({ code, out: '' })
    expect(ended.err).toContain(says)
    expect(to.requests.filter(({ kind }) => kind !== 'ping')).toEqual([])
  })

  it.each([
    [403, 'DENIED', 3],
    [405, 'UNSUPPORTED', 8],
    [404, 'NAME_UNKNOWN', 4],
  ])('ends with the exit code for HTTP %i %s', async (status, problemCode, code) => {
    to.hook(({ kind, method }) =>
      kind === 'upload' && method === 'POST' ? problem(status, problemCode, 'no') : undefined,
    )
    expect((await copy('-q', ...amd64, source('1'), target('1'))).code).toBe(code)
  })

  it('requires exactly one registry if a login is given', async () => {
    const login = ['--username', 'me', '--password-stdin']
    const argv = ['copy', '-q', ...login, source('1'), target('1')]
    const { code, err } = await windlass(argv, { stdin: 'secret' })
    expect(code).toBe(2)
    expect(err).toContain('--username is for one registry')
  })

  it('leaves no open upload and no file when interrupted', async () => {
    to.addFault(faults.cutUpload(10, 'stall'))
    const terminal = new TestTerminal()
    const ended = runOn(['copy', '-q', ...amd64, source('1'), target('1')], terminal)
    await expect.poll(() => to.appliedFaults, { timeout: 20_000 }).toContain('cut-upload')
    terminal.signals.emit('SIGINT')
    expect(await ended).toBe(130)
    expect(to.openUploads).toBe(0)
    expect(existsSync(path.join(work, 'layout'))).toBe(false)
  })
})
