/** Containers of `windlass bundle`, started by runc and crun, and the config compared with that of umoci. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RuntimeSpec } from '../../../lib/runtime/index.js'
import { busyboxEntries, startContainer } from '../../../testbench/harness/containers.js'
import {
  availableUsers,
  isRoot,
  openDirectory,
  platform,
  windlassAs,
  writeLayout,
} from '../../../testbench/harness/machine.js'
import { runWindlass } from '../../../testbench/harness/command-line.js'

const runtimes = ['runc', 'crun'] as const
const place = openDirectory()
let image: string

beforeAll(async () => {
  await runWindlass(['--version']) // builds the command
  ;({ name: image } = writeLayout(join(place.path, 'layout'), [
    busyboxEntries(),
    [
      { path: 'new', content: 'of the second layer' },
      { path: 'home/app/', uid: 1000, gid: 1001, mode: 0o700 },
      { path: 'null', type: 'character-device', device: { major: 1, minor: 3 }, mode: 0o666 },
    ],
  ]))
}, 300_000)
afterAll(() => place.remove())

describe.runIf(isRoot).each(availableUsers)('a bundle of %s', (who, as) => {
  const rootless = who === 'root' ? [] : ['--rootless']
  const directory = join(place.path, who.replaceAll(' ', '-'))

  function bundled(name: string, ...args: readonly string[]): string {
    mkdirSync(directory, { recursive: true, mode: 0o777 })
    execFileSync('chmod', ['777', directory])
    const bundle = join(directory, name)
    const store = join(directory, 'store')
    const { exit, stderr } = windlassAs(
      { as },
      ...['bundle', '-q', ...platform, '--store', store, ...rootless, image, bundle, ...args],
    )
    expect(exit, stderr).toBe(0)
    return bundle
  }

  it.each(runtimes)('is started by %s', (runtime) => {
    const bundle = bundled(
      `${runtime}-1`,
      '--hostname',
      'inside',
      '--',
      '/bin/sh',
      '-c',
      'id; hostname; cat /new',
    )
    const { exit, stdout, stderr } = startContainer(runtime, bundle, join(directory, 'run'), as)
    expect([exit, stdout], stderr).toEqual([0, 'uid=0(root) gid=0(root)\ninside\nof the second layer'])
  })

  it.each(runtimes)('passes on the exit code of its process from %s', (runtime) => {
    const bundle = bundled(`${runtime}-2`, '--', '/bin/sh', '-c', 'exit 7')
    expect(startContainer(runtime, bundle, join(directory, 'run'), as).exit).toBe(7)
  })

  it.runIf(who !== 'root')('has a list of what this user cannot set', () => {
    const bundle = bundled('owners', '--', '/bin/id')
    const lines = readFileSync(join(bundle, 'owners.jsonl'), 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { path: 'home/app', type: 'directory', uid: 1000, gid: 1001, mode: '0700' },
      { path: 'null', type: 'character-device', uid: 0, gid: 0, mode: '0666', device: [1, 3] },
    ])
  })

  it.runIf(who === 'root').each(runtimes)('has the user and groups of the image in %s', (runtime) => {
    const bundle = bundled(`${runtime}-3`, '--user', 'app', '--', '/bin/sh', '-c', 'id; echo $HOME')
    const { stdout } = startContainer(runtime, bundle, join(directory, 'run'), as)
    expect(stdout).toBe('uid=1000(app) gid=1001 groups=50(staff)\n/home/app\n')
  })

  it.runIf(who === 'root').each(runtimes)('is started by %s from a mount of the layers', (runtime) => {
    const bundle = bundled(`${runtime}-4`, '--mount', '--', '/bin/sh', '-c', 'echo x > /written; cat /new')
    const { exit, stdout, stderr } = startContainer(runtime, bundle, join(directory, 'run'), as)
    expect([exit, stdout], stderr).toEqual([0, 'of the second layer'])
    const rootfs = join(bundle, 'rootfs')
    expect(readFileSync(join(rootfs, 'written'), 'utf8')).toBe('x\n')
    expect(windlassAs({ as }, 'umount', rootfs, '--store', join(directory, 'store'))).toMatchObject({
      exit: 0,
    })
  })
})

describe.runIf(isRoot)('the config of a bundle', () => {
  /** Bundles of Windlass and of umoci from the same image, which umoci has configured. */
  function both(
    name: string,
    ...config: readonly string[]
  ): { readonly ours: RuntimeSpec; readonly theirs: RuntimeSpec } {
    const layout = join(place.path, 'layout')
    const tag = `${layout}:${name}`
    execFileSync('umoci', ['config', '--image', `${layout}:x`, '--tag', name, ...config])
    execFileSync('umoci', ['unpack', '--image', tag, join(place.path, `umoci-${name}`)])
    const bundle = join(place.path, `ours-${name}`)
    const store = join(place.path, 'config-store')
    const { exit, stderr } = windlassAs(
      {},
      'bundle',
      '-q',
      ...platform,
      '--tty',
      '--store',
      store,
      `oci:${tag}`,
      bundle,
    )
    expect(exit, stderr).toBe(0)
    const read = (path: string): RuntimeSpec =>
      JSON.parse(readFileSync(join(place.path, path, 'config.json'), 'utf8')) as RuntimeSpec
    return { ours: read(`ours-${name}`), theirs: read(`umoci-${name}`) }
  }

  it.each<[string, readonly string[]]>([
    ['none', ['--config.cmd', 'id']],
    [
      'names',
      ['--config.user', 'app', '--config.entrypoint', '/bin/sh', '--config.cmd', '-c', '--config.cmd', 'id'],
    ],
    ['pair', ['--config.user', 'app:staff', '--config.cmd', 'id', '--config.workingdir', '/srv']],
    ['ids', ['--config.user', '7:8', '--config.cmd', 'id', '--config.env', 'A=b', '--config.env', 'HOME=/h']],
    [
      'annotations',
      [
        ...['--config.cmd', 'id', '--config.stopsignal', 'SIGQUIT', '--config.label', 'k=v'],
        ...['--config.exposedports', '80/tcp', '--author', 'someone'],
      ],
    ],
  ])('is that of umoci, but for known differences: %s', (name, config) => {
    const { ours, theirs } = both(name, ...config)
    expect(ours.process.args).toEqual(theirs.process.args)
    expect(ours.process.user).toEqual(theirs.process.user)
    expect(ours.process.cwd).toBe(theirs.process.cwd)
    expect(ours.process.terminal).toBe(theirs.process.terminal)
    expect(ours.root.path).toBe(theirs.root.path)
    // umoci 0.4.7 sets HOME only for a user of /etc/passwd, and sets it after the variables of the image.
    const withoutHome = (env: readonly string[]): string[] =>
      env.filter((each) => !each.startsWith('HOME=')).sort()
    expect(withoutHome(ours.process.env)).toEqual(withoutHome(theirs.process.env))
    // umoci also writes empty values.
    const filled = Object.entries(theirs.annotations ?? {}).filter(([, value]) => value !== '')
    expect(ours.annotations).toEqual(Object.fromEntries(filled))
    expect(ours.mounts).toEqual(theirs.mounts)
    // As `runc spec` of this time, Windlass masks more, and it has the capabilities of Docker instead of three.
    expect(ours.linux.maskedPaths).toEqual(expect.arrayContaining(['/proc/kcore', '/sys/firmware']))
    expect(ours.process.capabilities?.bounding).toEqual(
      expect.arrayContaining(theirs.process.capabilities?.bounding ?? ['none']),
    )
    expect(ours.linux.namespaces).toEqual(theirs.linux.namespaces)
  })

  it('needs a command, and leaves nothing without one', () => {
    const bundle = join(place.path, 'no-command')
    const args = ['bundle', '-q', ...platform, '--store', join(place.path, 'config-store'), image, bundle]
    const { exit, stderr } = windlassAs({}, ...args)
    expect([exit, stderr]).toEqual([2, expect.stringContaining('neither an entrypoint nor a command')])
    expect(windlassAs({}, ...args, '--user', 'nobody', '--', 'id')).toMatchObject({ exit: 5 })
    expect(windlassAs({}, ...args, '--', 'id')).toMatchObject({ exit: 0 })
  })
})
