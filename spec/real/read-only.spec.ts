/** A store that cannot be written to: it can be read all the same, and the first write says what is in its way. */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hostWhiteoutForm, describeTree } from '../../lib/archive/index.js'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../../lib/testing/registry/index.js'
import { runWindlass } from '../../testbench/harness/command-line.js'
import { expectReported } from '../../testbench/harness/disk-words.js'
import { describeSmallDisk, type CommandOutput, SmallDisk } from '../../testbench/harness/small-disk.js'

const image = buildImage({ layers: [{ entries: [{ path: 'etc/motd', content: 'hello' }] }] })
const other = buildImage({ layers: [{ entries: [{ path: 'etc/other', content: 'other' }] }] })
const platform = ['--platform', 'linux/amd64']

let registry: TestRegistry
let names: { readonly here: string; readonly other: string }

beforeAll(async () => {
  registry = await startRegistry()
  names = { here: `${registry.host}/here:1`, other: `${registry.host}/other:1` }
  await putImage(registry, 'here', '1', image)
  await putImage(registry, 'other', '1', other)
})
afterAll(() => registry.close())

await describeSmallDisk('a store on a read-only file system', () => {
  let disk: SmallDisk
  beforeAll(async () => {
    disk = await SmallDisk.mount('size=4m')
    expect((await disk.windlass('pull', '-q', ...platform, names.here)).exit).toBe(0)
    disk.remount('ro')
  })
  afterAll(() => disk.unmount())

  it('is read', async () => {
    expect((await disk.windlass('images')).stdout).toContain(names.here)
    const target = join(mkdtempSync(join(tmpdir(), 'windlass-flat-')), 'root')
    const { exit, stderr } = await disk.windlass('unpack', '-q', ...platform, names.here, target)
    expect([exit, stderr]).toEqual([0, ''])
    expect(readFileSync(join(target, 'etc/motd'), 'utf8')).toBe('hello')
    rmSync(join(target, '..'), { recursive: true })
  })

  it('gives an image by the name that another tool gave it', async () => {
    disk.remount('rw')
    const path = join(disk.localPath, 'store/index.json')
    const before = readFileSync(path, 'utf8')
    const index = JSON.parse(before) as { manifests: Record<string, unknown>[] }
    const { mediaType, digest, size } = index.manifests[0]!
    const annotations = { 'org.opencontainers.image.ref.name': 'MyApp' }
    index.manifests.push({ mediaType, digest, size, annotations })
    writeFileSync(path, JSON.stringify(index))
    disk.remount('ro')
    const { exit, stdout, stderr } = await disk.windlass('inspect', 'MyApp')
    expect([exit, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({ Digest: digest })
    disk.remount('rw')
    writeFileSync(path, before)
    disk.remount('ro')
  })

  it('is verified, asked what could be removed, and up to date', async () => {
    const before = await describeTree(disk.localPath)
    for (const [args, says] of [
      [['verify'], /^Verified 1 image: .* 1 unpacked layer, 0 problems$/m],
      [['gc', '--dry-run'], /^Would remove 0 objects, 0 B$/m],
      [['pull', '-q', ...platform, names.here], /@sha256:/],
    ] as const) {
      const { exit, stdout, stderr } = await disk.windlass(...args)
      expect([exit, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(says)
    }
    expect(await describeTree(disk.localPath)).toEqual(before)
  })

  it.each<[string, () => string[]]>([
    ['pull', () => ['pull', '-q', ...platform, names.other]],
    ['rm', () => ['rm', names.here]],
    ['gc', () => ['gc']],
  ])('is not written to by %s, which says so', async (_title, args) => {
    const before = await describeTree(disk.localPath)
    expectReported(
      await disk.windlass(...args()),
      new RegExp(`${disk.path}/store.*: the file system is read-only`),
      /^ {2}Use --store to name a store on a writable file system\./,
    )
    expect(await describeTree(disk.localPath)).toEqual(before)
  })

  it('takes no tree beside it either, nor says which whiteouts it would take', async () => {
    expectReported(
      await disk.windlass('unpack', '-q', ...platform, names.here, join(disk.path, 'flat')),
      new RegExp(`Writing the tree of the image failed at ${disk.path}/flat: the file system is read-only`),
      /^ {2}Name a directory to unpack into that is on a writable file system\./,
    )
    await expect(hostWhiteoutForm(disk.localPath)).rejects.toMatchObject({ code: 'STORE_READ_ONLY' })
  })
})

await describeSmallDisk('a layout of another tool on a read-only file system', () => {
  let disk: SmallDisk
  beforeAll(async () => {
    disk = await SmallDisk.mount('size=4m')
    expect((await disk.windlass('pull', '-q', ...platform, names.here)).exit).toBe(0)
    for (const name of ['lock', 'staging', 'partial', 'windlass.json'])
      rmSync(join(disk.localPath, 'store', name), { recursive: true })
    disk.remount('ro')
  })
  afterAll(() => disk.unmount())

  it('is listed, verified, asked what could be removed, unpacked, and up to date', async () => {
    const target = join(mkdtempSync(join(tmpdir(), 'windlass-flat-')), 'root')
    for (const args of [
      ['images'],
      ['verify'],
      ['gc', '--dry-run'],
      ['unpack', '-q', ...platform, names.here, target],
      ['pull', '-q', ...platform, names.here],
    ]) {
      const { exit, stderr } = await disk.windlass(...args)
      expect([args[0], exit, stderr]).toEqual([args[0], 0, ''])
    }
    expect(readFileSync(join(target, 'etc/motd'), 'utf8')).toBe('hello')
    rmSync(join(target, '..'), { recursive: true })
  })

  it.each<[string, () => string[]]>([
    ['pull', () => ['pull', '-q', ...platform, names.other]],
    ['rm', () => ['rm', names.here]],
    ['gc', () => ['gc']],
  ])('is not written to by %s, which says so', async (_title, args) => {
    expectReported(
      await disk.windlass(...args()),
      new RegExp(`${disk.path}/store.*: the file system is read-only`),
      /^ {2}Use --store to name a store on a writable file system\./,
    )
  })
})

const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
const canBeNobody =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', [...asNobody, process.execPath, 'dist/cli/main.js', '--version']).status === 0

describe.skipIf(!canBeNobody)('a store of another user', () => {
  let directory: string
  let store: string
  const run = (...args: string[]) => {
    const command = [...asNobody, process.execPath, 'dist/cli/main.js', ...args, '--store', store]
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent' }
    const { status: exit, stdout, stderr } = spawnSync('setpriv', command, { env, encoding: 'utf8' })
    return { exit, stdout, stderr }
  }
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'windlass-others-'))
    store = join(directory, 'store')
    chmodSync(directory, 0o755)
    expect((await runWindlass(['pull', '-q', ...platform, names.here, '--store', store])).exit).toBe(0)
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('is closed to others, which is said', () => {
    for (const args of [['images'], ['gc'], ['verify']])
      expectReported(
        run(...args),
        new RegExp(`${store}.*: permission denied`),
        /^ {2}Use a store that belongs to this user/,
      )
  })

  it('that lets others in is read by them, and not written to', () => {
    execFileSync('chmod', ['-R', 'a+rX', store])
    expect(run('images').stdout).toContain(names.here)
    for (const args of [['gc'], ['rm', names.here]])
      expectReported(
        run(...args),
        new RegExp(`${store} belongs to user 0, and only its owner may write to it`),
        /Use a store of your own/,
      )
    expect(existsSync(join(store, 'index.json'))).toBe(true)
  })

  it('cannot be made where nothing may be made', () => {
    store = join(directory, 'new', 'store')
    expectReported(
      run('pull', '-q', ...platform, names.here),
      new RegExp(`${store}.*: permission denied`),
      /belongs to this user/,
    )
    store = join(directory, 'store')
  })
})

describe.skipIf(!canBeNobody)('a store of this user that is partly closed to them', () => {
  let directory: string
  let store: string
  /** Not synchronous: the registry is in this process. */
  const run = (...args: string[]): Promise<CommandOutput> =>
    new Promise((resolve) => {
      const command = [...asNobody, process.execPath, 'dist/cli/main.js', ...args, '--store', store]
      const env = { PATH: process.env['PATH'], HOME: '/nonexistent' }
      const child = execFile('setpriv', command, { env }, (_error, stdout, stderr) =>
        resolve({ exit: child.exitCode, stdout, stderr }),
      )
    })
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'windlass-closed-'))
    chmodSync(directory, 0o755)
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  beforeEach(async () => {
    store = mkdtempSync(join(directory, 'store-'))
    expect((await runWindlass(['pull', '-q', ...platform, names.here, '--store', store])).exit).toBe(0)
    execFileSync('chown', ['-R', '65534:65534', store])
  })

  const layer = image.layers[0]!
  const paths = {
    'a blob': ['blobs', ...layer.digest.split(':')],
    'a layer': ['layers', ...layer.diffID.split(':')],
    'a record': ['layers', ...layer.diffID.split(':'), 'layer.json'],
    'a pointer': ['layers', 'by-blob', ...layer.digest.split(':')],
  }
  it.each(Object.entries(paths))('with %s closed has one problem', async (_what, parts) => {
    chmodSync(join(store, ...parts), 0)
    const { exit, stdout } = await run('verify')
    expect(stdout).toContain(', 1 problem\n')
    expect(exit).toBe(7)
  })

  it.each(Object.entries(paths))('with %s closed is repaired', async (_what, parts) => {
    chmodSync(join(store, ...parts), 0)
    const repaired = await run('verify', '--repair')
    expect(repaired.stdout).toContain(', 1 problem\n')
    expect([repaired.exit, repaired.stderr]).toEqual([0, ''])
    expect((await run('verify')).stdout).toContain(', 0 problems')
  })

  it.each<[string, string[], () => string[]]>([
    ['its list of names', ['index.json'], () => ['verify', '--repair']],
    ['the file of its version', ['windlass.json'], () => ['verify', '--repair']],
    ['its lock', ['lock'], () => ['rm', names.here]],
    ['its staging area', ['staging'], () => ['rm', names.here]],
    ['its blobs', ['blobs'], () => ['verify', '--repair']],
    ['its downloads', ['partial'], () => ['pull', '-q', ...platform, names.other]],
    ['its layers', ['layers', 'sha256'], () => ['verify', '--repair']],
    ['its pointers', ['layers', 'by-blob'], () => ['verify', '--repair']],
    ['a layer', paths['a layer'], () => ['verify', '--repair']],
  ])('with %s given to root names what gives it back, and that does', async (_what, parts, args) => {
    const path = join(store, ...parts)
    execFileSync('chown', ['-R', '0:0', path])
    chmodSync(path, 0o700)
    const refused = await run(...args())
    expect(refused.exit).toBe(7)
    const [, way = ''] = /“(chown .*?)”/.exec(`${refused.stdout}${refused.stderr}`) ?? []
    expect(way).toBe(`chown -R 65534 ${path}`)
    execFileSync('bash', ['-ec', way])
    const after = await run(...args())
    expect([after.exit, after.stderr]).toEqual([0, ''])
    expect((await run('verify')).exit).toBe(0)
  })

  it.each<[string, string[], string[]]>([
    ['its list of names', ['index.json'], ['images']],
    ['its blobs', ['blobs', 'sha256'], ['verify']],
    ['a record', paths['a record'], ['gc']],
    ['itself', [], ['images']],
  ])('with %s closed says how to open it', async (_what, parts, args) => {
    const closed = join(store, ...parts)
    chmodSync(closed, 0)
    expectReported(
      await run(...args),
      /permission denied/,
      new RegExp(`^ {2}Give its owner access with “chmod u\\+rwX ${closed}”`),
    )
  })
})
