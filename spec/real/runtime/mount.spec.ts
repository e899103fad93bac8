/** Mounts of the built command: as root and as an ordinary user, with garbage collection and killed processes. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees, describeTree } from '../../../lib/archive/index.js'
import { unmount } from '../../../lib/system/index.js'
import { runWindlass } from '../../../testbench/harness/command-line.js'
import {
  availableUsers,
  isRoot,
  layersOfEveryKind,
  openDirectory,
  ordinaryUser,
  platform,
  windlassAs,
  writeLayout,
} from '../../../testbench/harness/machine.js'
import type { CommandOutput } from '../../../testbench/harness/small-disk.js'
import { whyNoOverlay } from '../../support/overlay.js'

const place = openDirectory()
let image: string

beforeAll(async () => {
  await runWindlass(['--version']) // builds the command
  ;({ name: image } = writeLayout(join(place.path, 'layout'), layersOfEveryKind))
}, 300_000)
afterAll(() => place.remove())

/** A directory of its own for one user, and commands of that user with a store in it. */
function workplace(name: string, as: readonly string[]) {
  const directory = join(place.path, name)
  mkdirSync(directory)
  execFileSync('chmod', ['777', directory])
  const store = ['--store', join(directory, 'store')]
  const at = (path: string): string => join(directory, path)
  const [command, ...rest] = ['mount', '-q', ...platform, ...store] as const
  return {
    at,
    run: (first: string, ...args: readonly string[]): CommandOutput =>
      windlassAs({ as }, first, ...store, ...args),
    mount: (...args: readonly string[]): CommandOutput => windlassAs({ as }, command, ...rest, ...args),
    states: (): readonly string[] => {
      const { stdout } = windlassAs({ as }, 'mount', '--json', ...store)
      return (JSON.parse(stdout) as { state: string }[]).map(({ state }) => state)
    },
  }
}

const succeeds = { exit: 0, stderr: '' }

describe.runIf(isRoot)('an image', () => {
  const methods = ['overlay', 'link', 'copy'] as const
  const cases = availableUsers.flatMap(([who, as]) =>
    methods
      .filter((method) => who === 'root' || method !== 'overlay')
      .map((method) => [who, method, as] as const),
  )

  it.each(cases)('of %s, made available by %s, equals the unpacked tree', async (who, method, as) => {
    const { at, run, mount } = workplace(`equal-${who.replaceAll(' ', '-')}-${method}`, as)
    expect(run('unpack', '-q', ...platform, image, at('flat'))).toMatchObject({ exit: 0 })
    const [exit, stderr] = Object.values(mount('--method', method, image, at('m'))).filter(
      (_, index) => index !== 1,
    )
    expect([exit, whyNoOverlay ?? stderr]).toEqual([0, whyNoOverlay ?? ''])
    const differences = compareTrees(await describeTree(at('flat')), await describeTree(at('m')))
    // No layer lists the root: the tree of “unpack” has the time at which it was made.
    expect(differences.filter(({ text }) => !text.startsWith('.: mtime')).map(({ text }) => text)).toEqual([])
    expect(run('umount', at('m'))).toMatchObject(succeeds)
    expect(existsSync(at('m'))).toBe(false)
    expect(readdirSync(at('store/mounts'))).toEqual([])
    // The links to the layers have not changed them.
    expect(run('verify')).toMatchObject({ exit: 0 })
  })

  it.skipIf(whyNoOverlay !== undefined)('is mounted in a user namespace for one command', () => {
    const { at, mount, states } = workplace('namespace', ordinaryUser)
    const script =
      'cat etc/new; stat -c %u etc; echo; grep -c " $PWD .* overlay windlass" /proc/self/mountinfo; exit 5'
    const { exit, stdout } = mount(image, at('m'), '--', 'sh', '-c', `cd ${at('m')}; ${script}`)
    expect([exit, stdout]).toEqual([5, 'new0\n\n1\n'])
    expect(existsSync(at('m'))).toBe(false)
    expect(states()).toEqual([])
  })

  it('is made of links for an ordinary user, with a warning that says why', () => {
    const { at, mount, run } = workplace('fallback', ordinaryUser)
    const { exit, stdout } = mount(image, at('m'))
    expect([exit, stdout]).toEqual([0, `${at('m')}\n`])
    expect(mount('--method', 'overlay', image, at('n'))).toMatchObject({
      exit: 8,
      stderr: expect.stringContaining('only root may mount overlayfs') as string,
    })
    expect(existsSync(at('n'))).toBe(false)
    expect(run('umount', '--all')).toMatchObject(succeeds)
  })
})

describe.runIf(isRoot)('the owners in the image', () => {
  const methods = ['link', 'copy'] as const
  it.each(methods)('are listed beside a mount of an ordinary user by %s, until it is removed', (method) => {
    const { at, mount, run } = workplace(`owners-${method}`, ordinaryUser)
    const { exit, stdout } = mount('--json', '--method', method, image, at('m'))
    expect(exit).toBe(0)
    const { owners } = JSON.parse(stdout) as { owners: string }
    const lines = readFileSync(owners, 'utf8').trimEnd().split('\n')
    expect(lines).toContain('{"path":"home/u/file","type":"file","uid":1000,"gid":1000,"mode":"0600"}')
    expect(lines.some((line) => line.includes('"path":"dev/null"'))).toBe(true)
    expect(JSON.parse(run('mount', '--json').stdout)).toMatchObject([{ owners }])
    expect(run('umount', at('m'))).toMatchObject(succeeds)
    expect(existsSync(owners)).toBe(false)
  })

  it.skipIf(whyNoOverlay !== undefined)('are listed in a user namespace', () => {
    const { at, mount } = workplace('owners-namespace', ordinaryUser)
    const { exit, stdout } = mount(
      image,
      at('m'),
      '--',
      'sh',
      '-c',
      `cat ${at('store')}/mounts/*/owners.jsonl`,
    )
    expect(exit).toBe(0)
    expect(stdout).toContain('"path":"home/u/file","type":"file","uid":1000')
  })

  it('are those of the tree if root mounts the image', () => {
    const { at, mount, run } = workplace('owners-root', [])
    const { stdout } = mount('--json', '--method', 'copy', image, at('m'))
    expect(JSON.parse(stdout)).not.toHaveProperty('owners')
    expect(run('umount', at('m'))).toMatchObject(succeeds)
  })
})

describe.runIf(isRoot && whyNoOverlay === undefined)('a mount', () => {
  it('keeps its layers from rm and gc until it is removed', () => {
    const { at, mount, run } = workplace('held', [])
    expect(mount(image, at('m'))).toMatchObject(succeeds)
    expect(run('rm', image)).toMatchObject({ exit: 0 })
    expect(run('gc').stdout).toContain('Removed 0 objects')
    expect(readFileSync(join(at('m'), 'etc/new'), 'utf8')).toBe('new')
    expect(run('umount', at('m'))).toMatchObject(succeeds)
    expect(run('gc').stdout).not.toContain('Removed 0 objects')
  })

  it('that is writable leaves the store as it is, and keeps its changes in a directory if wanted', () => {
    const { at, mount, run } = workplace('writable', [])
    expect(mount('--changes', at('changes'), image, at('m'))).toMatchObject(succeeds)
    writeFileSync(join(at('m'), 'etc/passwd'), 'changed')
    rmSync(join(at('m'), 'bin'), { recursive: true })
    expect(run('umount', at('m'))).toMatchObject(succeeds)
    expect(run('verify')).toMatchObject({ exit: 0 })
    expect(mount('--changes', at('changes'), image, at('m'))).toMatchObject(succeeds)
    expect(readFileSync(join(at('m'), 'etc/passwd'), 'utf8')).toBe('changed')
    expect(existsSync(join(at('m'), 'bin'))).toBe(false)
    expect(run('umount', at('m'))).toMatchObject(succeeds)
    expect(existsSync(at('changes/upper/etc/passwd'))).toBe(true)
  })

  it('that is not writable cannot be written to', () => {
    const { at, mount, run } = workplace('read-only', [])
    expect(mount(image, at('m'))).toMatchObject(succeeds)
    expect(() => writeFileSync(join(at('m'), 'x'), '')).toThrow(/EROFS/)
    expect(run('umount', at('m'))).toMatchObject(succeeds)
  })

  it('that is in use is not removed, and says so', () => {
    const { at, mount, run, states } = workplace('busy', [])
    expect(mount(image, at('m'))).toMatchObject(succeeds)
    const output = execFileSync('sh', [
      '-c',
      `cd ${at('m')}; exec 3<.; "$@" 2>&1; true`,
      'sh',
      ...umountCommand(at),
    ])
    expect(output.toString()).toContain('a process uses it')
    expect(states()).toEqual(['mounted'])
    expect(run('umount', at('m'))).toMatchObject(succeeds)
  })

  it('that is gone is listed and removed', () => {
    const { at, mount, run, states } = workplace('gone', [])
    mkdirSync(at('m'))
    expect(mount(image, at('m'))).toMatchObject(succeeds)
    unmount(at('m'))
    expect(states()).toEqual(['gone'])
    expect(run('umount', at('m'))).toMatchObject(succeeds)
    expect([states(), existsSync(at('m'))]).toEqual([[], true])
    expect(run('umount', at('m'))).toMatchObject({ exit: 2 })
  })

  it('is not made over something else', () => {
    const { at, mount } = workplace('target', [])
    mkdirSync(at('m'))
    writeFileSync(at('m/file'), '')
    expect(mount(image, at('m'))).toMatchObject({ exit: 2 })
    expect(readdirSync(at('m'))).toEqual(['file'])
  })
})

const umountCommand = (at: (path: string) => string): readonly string[] => [
  process.execPath,
  join(import.meta.dirname, '../../../dist/cli/main.js'),
  ...['umount', at('m'), '--store', at('store')],
]
