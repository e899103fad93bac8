/** Archives and directories with images in both directions: of docker, podman, skopeo and containerd. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Dockerd, startDockerd } from '../../testbench/docker/dockerd.js'
import { runWindlass } from '../../testbench/harness/command-line.js'
import { busyboxEntries } from '../../testbench/harness/containers.js'
import {
  availableUsers,
  isRoot,
  openDirectory,
  ordinaryUser,
  platform,
  windlassAs,
  writeLayout,
} from '../../testbench/harness/machine.js'
import { skopeo } from '../../testbench/harness/skopeo.js'

const execute = promisify(execFile)
const place = openDirectory()
const at = (name: string): string => join(place.path, name)
const content = 'of the second layer'
const reference = 'example.com/team/app:1'

let image: string
let digest: string

/** Runs the command, which must succeed. Returns its output. */
function windlass(...args: readonly string[]): string {
  const { exit, stdout, stderr } = windlassAs({}, ...args)
  expect(exit, stderr).toBe(0)
  return stdout
}
const copy = (from: string, to: string): string => windlass('copy', '-q', ...platform, from, to)
/** The content of a file of the second layer. */
const fileOf = (name: string): string => windlass('cat', ...platform, name, '/new')
const imported = (file: string, store: string): string =>
  windlass('import', '-q', ...platform, '--store', at(store), file)

beforeAll(async () => {
  await runWindlass(['--version']) // builds the command
  ;({ name: image } = writeLayout(at('layout'), [busyboxEntries(), [{ path: 'new', content }]]))
  digest = copy(image, `docker-archive:${at('docker.tar')}:${reference}`)
    .trim()
    .replace(/^.*@/, '')
  copy(image, `oci-archive:${at('oci.tar')}:${reference}`)
  copy(image, `dir:${at('dir')}`)
  windlass('pull', '-q', ...platform, '--store', at('store'), `docker-archive:${at('docker.tar')}`)
  windlass('import', '-q', ...platform, '--store', at('store'), at('docker.tar'))
  windlass('export', '--store', at('store'), '-o', at('export.tar'), reference)
}, 300_000)
afterAll(() => place.remove())

const written = ['docker.tar', 'oci.tar', 'export.tar'] as const

describe('archives and skopeo', () => {
  it.each([
    [`docker-archive:FILE:${reference}`, 'docker.tar'],
    [`oci-archive:FILE:${reference}`, 'oci.tar'],
    ['docker-archive:FILE', 'export.tar'],
    ['dir:FILE', 'dir'],
  ])('skopeo reads %s of %s', async (name, file) => {
    const found = await skopeo(['inspect', name.replace('FILE', at(file))])
    expect(JSON.parse(found)).toMatchObject({ Architecture: 'amd64', Os: 'linux' })
    await skopeo(['copy', '-q', name.replace('FILE', at(file)), `oci:${at(`from-${file}`)}:x`])
    expect(fileOf(`oci:${at(`from-${file}`)}:x`)).toBe(content)
  })

  it.each([
    [`docker-archive:FILE:${reference}`, 'skopeo-docker.tar'],
    ['oci-archive:FILE:1.2', 'skopeo-oci.tar'],
    ['dir:FILE', 'skopeo-dir'],
  ])('%s of skopeo is read', async (name, file) => {
    await skopeo(['copy', '-q', image, name.replace('FILE', at(file))])
    const from = name.replace('FILE', at(file))
    expect(fileOf(from)).toBe(content)
    expect(copy(from, `oci:${at(`copy-of-${file}`)}:x`)).toContain('@sha256:')
    expect(fileOf(`oci:${at(`copy-of-${file}`)}:x`)).toBe(content)
  })

  it('an image keeps its digest from form to form, except where skopeo made the archive of docker save', () => {
    for (const name of [`oci-archive:${at('skopeo-oci.tar')}`, `dir:${at('skopeo-dir')}`, `dir:${at('dir')}`])
      expect(copy(name, `dir:${at('again')}`)).toContain(digest)
    // skopeo does not keep the manifest and the compressed layers in an archive of docker save; Windlass does.
    expect(copy(`docker-archive:${at('docker.tar')}`, `dir:${at('again')}`)).toContain(digest)
  })

  it('reads compressed archives', () => {
    for (const tool of ['gzip', 'zstd']) execFileSync(tool, ['-k', '-q', at('oci.tar')])
    expect(fileOf(`oci-archive:${at('oci.tar.gz')}`)).toBe(content)
    expect(fileOf(`docker-archive:${at('oci.tar.zst')}:${reference}`)).toBe(content)
  })
})

describe('the bytes of an archive', () => {
  it('are those of every other archive of the image, whatever the store had before', () => {
    const first = readFileSync(at('export.tar'))
    const other = at('other-store')
    for (const name of [`docker-archive:${at('docker.tar')}`, `oci:${at('layout')}:x`])
      windlass('pull', '-q', ...platform, '--store', other, name)
    windlass('import', '-q', ...platform, '--store', other, at('oci.tar'))
    windlass('export', '--store', other, '-o', at('again.tar'), reference)
    expect(readFileSync(at('again.tar')).equals(first)).toBe(true)
    expect(readFileSync(at('docker.tar')).equals(first)).toBe(true)
    expect(readdirSync(place.path).filter((name) => name.startsWith('.windlass'))).toEqual([])
  })
})

// Without a user namespace for it, podman cannot store an image as an ordinary user.
describe.runIf(isRoot)('archives and podman', () => {
  const home = at('podman')
  const podman = (...args: readonly string[]): string => {
    const storage = ['--root', join(home, 'root'), '--runroot', join(home, 'run'), '--storage-driver', 'vfs']
    return execFileSync('podman', [...storage, ...args], {
      ...{ cwd: '/', encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: home } },
    })
  }
  beforeAll(() => {
    mkdirSync(home)
  })
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  it.each(written)('podman loads %s', (file) => {
    expect(podman('load', '-q', '-i', at(file))).toContain(reference)
    expect(podman('image', 'inspect', '--format', '{{.Architecture}}', reference).trim()).toBe('amd64')
  })

  it('archives of podman are read', () => {
    podman('tag', reference, 'example.com/team/other:2')
    podman('save', '-q', '-o', join(home, 'docker.tar'), reference)
    podman('save', '-q', '--format', 'oci-archive', '-o', join(home, 'oci.tar'), reference)
    podman('save', '-q', '-m', '-o', join(home, 'many.tar'), reference, 'example.com/team/other:2')
    expect(fileOf(`docker-archive:${join(home, 'docker.tar')}:${reference}`)).toBe(content)
    expect(fileOf(`oci-archive:${join(home, 'oci.tar')}`)).toBe(content)
    expect(imported(join(home, 'docker.tar'), 'from-podman')).toBe(`${reference}\n`)
    expect(imported(join(home, 'oci.tar'), 'from-podman')).toBe(`${reference}\n`)
    expect(imported(join(home, 'many.tar'), 'many')).toBe(`${reference}\nexample.com/team/other:2\n`)
  })
})

it.each(availableUsers)('%s imports an archive, and exports the same bytes', (who, as) => {
  const home = at(`home-of-${who.replaceAll(' ', '-')}`)
  mkdirSync(home)
  chmodSync(home, 0o777)
  const store = ['--store', join(home, 'store')]
  const run = (...command: readonly string[]): string => {
    const { exit, stdout, stderr } = windlassAs({ as }, ...command)
    expect(exit, stderr).toBe(0)
    return stdout
  }
  chmodSync(at('docker.tar'), 0o644)
  expect(run('import', '-q', ...platform, ...store, at('docker.tar'))).toBe(`${reference}\n`)
  run('export', ...store, '-o', join(home, 'own.tar'), reference)
  expect(readFileSync(join(home, 'own.tar')).equals(readFileSync(at('export.tar')))).toBe(true)
  expect(readdirSync(home).filter((name) => name.startsWith('.windlass'))).toEqual([])
})

describe.runIf(isRoot)('archives and ctr', () => {
  let ended: Promise<unknown>
  let stop: () => void
  const ctr = async (...args: readonly string[]): Promise<string> =>
    (await execute('ctr', ['--address', at('containerd.sock'), ...args])).stdout

  beforeAll(async () => {
    const server = spawn(
      'containerd',
      ['--root', at('containerd'), '--state', at('containerd-state'), '--address', at('containerd.sock')],
      { stdio: 'ignore' },
    )
    ended = new Promise((resolve) => server.once('exit', resolve))
    stop = () => server.kill('SIGTERM')
    while (!existsSync(at('containerd.sock'))) await delay(50)
  }, 60_000)
  afterAll(async () => {
    stop()
    await ended
  })

  it.each(written)('ctr imports %s', async (file) => {
    await ctr('images', 'import', at(file))
    expect(await ctr('images', 'ls')).toMatch(new RegExp(`^${reference} .*${digest}`, 'm'))
    await ctr('images', 'rm', reference)
  })

  it('an archive of ctr is read', async () => {
    await ctr('images', 'import', at('docker.tar'))
    await ctr('images', 'export', at('ctr.tar'), reference)
    expect(fileOf(`oci-archive:${at('ctr.tar')}`)).toBe(content)
    expect(imported(at('ctr.tar'), 'from-ctr')).toBe(`${reference}\n`)
  })
})

const dockerd = isRoot ? await startDockerd() : 'dockerd needs root'
if (typeof dockerd === 'string') process.stderr.write(`\nSKIPPED: dockerd: ${dockerd}\n`)

describe.runIf(typeof dockerd !== 'string')('archives and docker', () => {
  const docker = (...args: readonly string[]): string =>
    execFileSync('docker', ['--host', `unix://${(dockerd as Dockerd).socket}`, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: place.path, DOCKER_CONFIG: at('docker-config') },
    })
  afterAll(() => (dockerd as Dockerd).stop())

  it.each(written)('docker loads %s', (file) => {
    expect(docker('load', '-i', at(file))).toBe(`Loaded image: ${reference}\n`)
    expect(docker('image', 'inspect', '--format', '{{len .RootFS.Layers}}', reference)).toBe('2\n')
    docker('rmi', reference)
  })

  it('archives of docker save are read, of one image and of several', () => {
    docker('load', '-i', at('docker.tar'))
    docker('tag', reference, 'example.com/team/other:2')
    docker('save', '-o', at('save.tar'), reference)
    docker('save', '-o', at('save-many.tar'), reference, 'example.com/team/other:2')
    expect(fileOf(`docker-archive:${at('save.tar')}`)).toBe(content)
    expect(fileOf(`docker-archive:${at('save-many.tar')}:example.com/team/other:2`)).toBe(content)
    expect(imported(at('save-many.tar'), 'from-docker').trim().split('\n').sort()).toEqual(
      [reference, 'example.com/team/other:2'].sort(),
    )
    windlass(
      'export',
      '--store',
      at('from-docker'),
      '-o',
      at('many.tar'),
      reference,
      'example.com/team/other:2',
    )
    expect(docker('load', '-i', at('many.tar'))).toContain('Loaded image: example.com/team/other:2')
  })

  it('docker loads an archive of a root directory', () => {
    windlass('unpack', '-q', ...platform, '--store', at('store'), image, at('rootfs'))
    copy(`rootfs:${at('rootfs')}`, `docker-archive:${at('rootfs.tar')}:example.com/rootfs:1`)
    docker('load', '-i', at('rootfs.tar'))
    expect(docker('image', 'inspect', '--format', '{{.Os}}', 'example.com/rootfs:1')).toBe('linux\n')
  })
})

it.runIf(isRoot)('an ordinary user gets a clear error for an archive that it cannot read', () => {
  chmodSync(at('docker.tar'), 0o600)
  const { exit, stderr } = windlassAs({ as: ordinaryUser }, 'inspect', `docker-archive:${at('docker.tar')}`)
  expect([exit, stderr]).toEqual([4, expect.stringContaining('the system denies access (EACCES)') as string])
})
