/** Tests the output, the requests and the exit codes of `windlass sync`. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run as runOn } from '../../../../cli/program.js'
import { type TestRegistry, faults, problem, putImage, startRegistry } from '../../../../lib/testing/index.js'
import { amd, arm, image, index } from '../../../support/copies.js'
import { TestTerminal, windlass } from '../../../support/cli/test-terminal.js'

const other = image('other')

let work: string
let from: TestRegistry
let to: TestRegistry
beforeEach(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'windlass-sync-cli-'))
  from = await startRegistry()
  to = await startRegistry({ push: true, removal: 'tags' })
  await putImage(from, 'team/app', '1.0', amd)
  await putImage(from, 'team/app', '2.0', arm)
  await putImage(from, 'team/app', 'all', index)
})
afterEach(async () => {
  await Promise.all([from.close(), to.close()])
  await rm(work, { recursive: true })
})

/** Writes a list with one entry. */
async function list(more = '', source = 'team/app'): Promise<string> {
  const file = path.join(work, 'sync.yml')
  const entry = `source: ${from.host}/${source}, target: ${to.host}/mirror/app, type: repository`
  await writeFile(file, `sync:\n  - { ${entry}${more} }\n`)
  return file
}

const target = (tag: string): string => `${to.host}/mirror/app:${tag}`
const sync = (...args: readonly string[]) => windlass(['sync', '-q', ...args])
/** Requests as `METHOD kind`, without those that only find out the scheme. */
const requests = ({ requests: all }: TestRegistry): string[] => [
  ...new Set(all.filter(({ kind }) => kind !== 'ping').map(({ method, kind }) => `${method} ${kind}`)),
]

describe('sync', () => {
  it('prints a line for each change, and a summary', async () => {
    const { code, out } = await sync(await list())
    expect(out.split('\n').slice(0, 3)).toEqual([
      `copied    ${target('1.0')}@${amd.manifest.digest}`,
      `copied    ${target('2.0')}@${arm.manifest.digest}`,
      `copied    ${target('all')}@${index.manifest.digest}`,
    ])
    expect(out).toMatch(/\n3 copied; \S+ kB of \S+ kB sent\n$/)
    expect(code).toBe(0)
  })

  it('sends only HEAD requests for what is equal', async () => {
    const file = await list()
    await sync(file)
    const [before, there] = [from.requests.length, to.requests.length]
    expect(await sync(file)).toMatchObject({ code: 0, out: '3 equal\n' })
    const again = (registry: TestRegistry, since: number) =>
      registry.requests.slice(since).filter(({ kind }) => kind === 'manifest')
    expect(again(from, before).map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'HEAD'])
    expect(again(to, there).map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'HEAD'])
  })

  it('changes nothing in a dry run, and says what it would do', async () => {
    await putImage(to, 'mirror/app', '1.0', other)
    await putImage(to, 'mirror/app', '0.9', other)
    const { code, out } = await sync('--dry-run', '--delete', await list())
    expect(out).toBe(
      [
        `replace   ${from.host}/team/app:1.0 -> ${target('1.0')}`,
        `copy      ${from.host}/team/app:2.0 -> ${target('2.0')}`,
        `copy      ${from.host}/team/app:all -> ${target('all')}`,
        `delete    ${target('0.9')}`,
        '2 copy, 1 replace, 1 delete\n',
      ].join('\n'),
    )
    expect(code).toBe(0)
    expect(requests(from)).toEqual(['GET tags', 'HEAD manifest'])
    expect(requests(to)).toEqual(['GET tags', 'HEAD manifest'])
  })

  it('removes what the source lost with --delete and --yes', async () => {
    await putImage(to, 'mirror/app', '0.9', other)
    const { code, out } = await sync('--delete', '--yes', await list(', tags: { semverRange: "<2" }'))
    expect(out).toContain(`deleted   ${target('0.9')}\n`)
    expect(out).toContain('1 copied, 1 deleted')
    expect(code).toBe(0)
  })

  it('removes and copies nothing without --yes where nobody can be asked', async () => {
    await putImage(to, 'mirror/app', '0.9', other)
    const { code, err } = await sync('--delete', await list())
    expect(code).toBe(2)
    expect(err).toContain('Cannot remove 1 tag without a confirmation')
    expect(requests(to)).toEqual(['GET tags', 'HEAD manifest'])
  })

  it.each([
    ['yes', 0, true],
    ['no', 130, false],
  ])('asks on a terminal, and does so after the answer “%s”: %i', async (answer, code, isRemoved) => {
    await putImage(to, 'mirror/app', '0.9', other)
    const terminal = new TestTerminal()
    const keyboard = new PassThrough()
    Object.assign(terminal, {
      stdin: Object.assign(keyboard, { isTTY: true, setRawMode: () => undefined }),
      stderr: Object.assign(terminal.stderr, { isTTY: true }),
    })
    const ended = runOn(['sync', '-q', '--delete', await list()], terminal)
    await expect.poll(() => terminal.err, { timeout: 20_000 }).toContain('Remove 1 tag? Type yes: ')
    expect(terminal.err).toContain(`delete    ${target('0.9')}`)
    keyboard.write(`${answer}\r`)
    expect(await ended).toBe(code)
    expect(to.requests.some(({ method, kind }) => method === 'DELETE' && kind === 'manifest')).toBe(isRemoved)
  })

  it('goes on after failures, and ends with the exit code of the first one', async () => {
    to.hook(({ kind, method, reference }) =>
      kind === 'manifest' && method === 'PUT' && reference === '1.0'
        ? problem(403, 'DENIED', 'no')
        : undefined,
    )
    const { code, out, err } = await sync(await list())
    expect(code).toBe(3)
    expect(out).toContain(`failed    ${target('1.0')}`)
    expect(out).toContain('2 copied, 1 failed')
    expect(err).toContain('does not allow anonymous users to push')
  })

  it('reports a repository that cannot be listed', async () => {
    const { code, out, err } = await sync(await list('', 'team/none'))
    expect([code, out]).toEqual([4, `failed    ${to.host}/mirror/app\n1 failed\n`])
    expect(err).toContain('team/none')
  })

  it('says that a report cannot be written, after the images are copied', async () => {
    const file = path.join(work, 'none', 'report.json')
    const { code, err } = await sync('--report', file, await list(', tags: { newest: 1 }'))
    expect(code).toBe(7)
    expect(err).toContain(`Failed to write the report to "${file}" (--report)`)
    expect(requests(to)).toContain('PUT manifest')
  })

  it('prints each item and the summary as JSON, and writes a report', async () => {
    const file = path.join(work, 'report.json')
    const { out } = await sync('--json', '--report', file, await list(', tags: { newest: 1 }'))
    const [item, { summary }] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>) as [object, { summary: object }]
    expect(item).toMatchObject({
      action: 'copy',
      result: 'copied',
      line: 2,
      to: target('2.0'),
      expected: arm.manifest.digest,
    })
    expect(summary).toMatchObject({
      counts: { copied: 1, failed: 0 },
      bytes: {},
      duration: expect.any(Number) as number,
    })
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ outcomes: [item], counts: { copied: 1 } })
  })

  it('copies one platform of an index, which costs its manifest, to a layout by a list of skopeo on stdin', async () => {
    const yaml = `${from.host}: { images: { team/app: [all] } }`
    const layout = `oci:${path.join(work, 'layout')}`
    const run = () => windlass(['sync', '-q', '--platform', 'linux/arm64', '-', layout], { stdin: yaml })
    expect((await run()).out).toContain(`copied    ${layout}:app:all@${arm.manifest.digest}\n1 copied`)
    expect(await run()).toMatchObject({ code: 0, out: '1 equal\n' })
  })

  it('warns of keys without effect, and fails for others by line', async () => {
    expect((await sync('--dry-run', await list(', interval: 1h'))).err).toContain(
      'sync[0].interval has no effect',
    )
    expect(await sync(await list(', backup: x'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('line 2: sync[0].backup') as string,
    })
    expect((await sync(path.join(work, 'none.yml'))).err).toContain('none.yml')
  })

  it('leaves no open upload when interrupted, and the next sync sends the rest', async () => {
    to.addFault(faults.cutUpload(10, 'stall'))
    const terminal = new TestTerminal()
    const ended = runOn(['sync', '-q', await list()], terminal)
    await expect.poll(() => to.appliedFaults, { timeout: 20_000 }).toContain('cut-upload')
    terminal.signals.emit('SIGINT')
    expect(await ended).toBe(130)
    expect(to.openUploads).toBe(0)
    to.clearFaults()
    expect((await sync(await list())).code).toBe(0)
  })
})
