/** Mounts by copies and links, which any user can make; a command that runs while an image is mounted; the list of mounts. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi, onTestFinished } from 'vitest'
import { run } from '../../../../cli/program.js'
import { buildImage } from '../../../../lib/testing/images/index.js'
import { Windlass } from '../../../../puller/index.js'
import { TestTerminal, windlass } from '../../../support/cli/test-terminal.js'
import { writeLayout } from '../../../support/cli/write-layout.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const directory = temporaryDirectory()
const at = (name: string): string => join(directory, name)
const { uid = 0, gid = 0 } = { uid: process.geteuid?.(), gid: process.getegid?.() }
const built = buildImage({
  platform: { os: 'linux', architecture: 'amd64' },
  layers: [{ entries: [{ path: 'file', content: 'content', uid, gid }] }],
})
const image = `oci:${at('layout')}:app`
const flags = ['-q', '--platform', 'linux/amd64', '--store', at('store'), '--method', 'copy']
const mount = (...args: readonly string[]) => windlass(['mount', ...flags, ...args])
const umount = (...args: readonly string[]) => windlass(['umount', '--store', at('store'), ...args])
const listed = async (...args: readonly string[]) =>
  (await windlass(['mount', '--store', at('store'), ...args])).out
/** Root mounts in this process; the command of another user runs again in a namespace. */
const asRoot = (): void => {
  const spy = vi.spyOn(process, 'geteuid').mockReturnValue(0)
  onTestFinished(() => {
    spy.mockRestore()
  })
}

beforeAll(() => writeLayout(at('layout'), built, 'app'))

describe('windlass mount', () => {
  it('prints the directory, and `windlass umount` removes it', async () => {
    expect(await mount(image, at('one'))).toMatchObject({ code: 0, out: `${at('one')}\n` })
    expect(readFileSync(join(at('one'), 'file'), 'utf8')).toBe('content')
    expect(await listed()).toMatch(/^DIRECTORY +IMAGE +METHOD +ACCESS +STATE\n\S+one +\S+ +copy +ro +\S+\n$/)
    expect(await umount(at('one'))).toMatchObject({ code: 0, out: `${at('one')}\n` })
    expect(existsSync(at('one'))).toBe(false)
    expect(await listed()).toBe('DIRECTORY  IMAGE  METHOD  ACCESS  STATE\n')
    expect(JSON.parse(await listed('--json'))).toEqual([])
  })

  it('prints JSON, and that a mount can be written to', async () => {
    const { out } = await mount('--rw', '--json', image, at('rw'))
    expect(JSON.parse(out)).toMatchObject({ directory: at('rw'), method: 'copy', writable: true })
    expect(await listed()).toContain(' rw ')
    await umount(at('rw'))
  })

  it('runs a command while the image is mounted, and ends with its exit code', async () => {
    asRoot()
    const script = `cat ${at('cmd')}/file > ${at('seen')}; exit 3`
    expect(await mount(image, at('cmd'), '--', '/bin/sh', '-c', script)).toMatchObject({ code: 3, out: '' })
    expect(readFileSync(at('seen'), 'utf8')).toBe('content')
    expect(existsSync(at('cmd'))).toBe(false)
    expect((await mount(image, at('cmd'), '--', '/bin/true')).code).toBe(0)
  })

  it('removes the mount also if the command cannot be started, or is interrupted', async () => {
    asRoot()
    expect((await mount(image, at('cmd'), '--', '/nonexistent')).code).toBe(2)
    expect(existsSync(at('cmd'))).toBe(false)
    const terminal = new TestTerminal()
    const script = `echo > ${at('begun')}; while :; do sleep 0.01; done`
    const code = run(['mount', ...flags, image, at('cmd'), '--', '/bin/sh', '-c', script], terminal)
    await vi.waitFor(() => expect(existsSync(at('begun'))).toBe(true), { timeout: 20_000 })
    terminal.signals.emit('SIGINT')
    expect(await code).toBe(128 + 15)
    expect(existsSync(at('cmd'))).toBe(false)
    expect(JSON.parse(await listed('--json'))).toEqual([])
  })

  it('needs a directory for an image', async () => {
    const { code, err } = await mount(image)
    expect(code).toBe(2)
    expect(err).toContain('The directory to mount at is missing')
  })

  it('shows the pull, and its failure once', async () => {
    const { code, err } = await windlass([
      'mount',
      ...flags.slice(1),
      '--progress',
      'json',
      `oci:${at('layout')}:none`,
      at('none'),
    ])
    expect(code).toBe(4)
    const ends = err
      .trimEnd()
      .split('\n')
      .filter((line) => line.includes('"type":"end"'))
    expect(ends).toHaveLength(1)
  })
})

describe('windlass umount', () => {
  it('needs either directories or --all', async () => {
    for (const args of [[], ['--all', at('one')]]) expect((await umount(...args)).code).toBe(2)
  })

  it('goes on after a directory that is no mount, and ends with its code', async () => {
    await mount(image, at('a'))
    const { code, out, err } = await umount(at('none'), at('a'), at('a'))
    expect([code, out]).toEqual([2, `${at('a')}\n`])
    expect(err).toContain(at('none'))
    expect(existsSync(at('a'))).toBe(false)
  })

  it('removes all mounts with --all', async () => {
    for (const name of ['a', 'b']) await mount(image, at(name))
    const { code, out } = await umount('--all')
    expect([code, out.trimEnd().split('\n').sort()]).toEqual([0, [at('a'), at('b')]])
    expect(JSON.parse(await listed('--json'))).toEqual([])
  })
})

describe('a list of mounts', () => {
  it('has no control characters', async () => {
    const mounts = vi.spyOn(Windlass.prototype, 'mounts')
    onTestFinished(() => {
      mounts.mockRestore()
    })
    const odd = 'x\u001b[2J'
    mounts.mockResolvedValue([
      { directory: odd, image: odd, method: 'copy', writable: false, state: 'mounted' },
    ] as never)
    expect((await listed()).split('\n')[1]).toBe('x\\u{1b}[2J  x\\u{1b}[2J  copy    ro      mounted')
  })
})
