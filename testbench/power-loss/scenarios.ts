/** Defines the commands to trace, each with its initial store. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage, buildIndex, putImage, whiteout } from '../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../lib/testing/registry/index.js'
import { type Windlass, open } from '../../puller/index.js'
import { putSchema1, repository } from '../registries/schema1-registry.js'

const platform = 'linux/amd64'
const schema1 = `${repository}:latest` as const

/** A registry with images that share layers, and a disk for a store. */
export class Scene {
  readonly store: string

  private constructor(
    readonly registry: TestRegistry,
    /** Traced directory. It contains only the store and its parents. */
    readonly base: string,
    private readonly work: string,
    store: string,
  ) {
    this.store = join(base, store)
  }

  static async open(store = 'store'): Promise<Scene> {
    const registry = await startRegistry()
    await putAll(registry)
    const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-power-'))
    mkdirSync(join(work, 'disk'))
    return new Scene(registry, join(work, 'disk'), work, store)
  }

  get log(): string {
    return join(this.work, 'trace')
  }

  name(image: ImageName): string {
    return `${this.registry.host}/${image}`
  }

  /** Returns the arguments of `windlass` for the store of this scene. */
  command(name: string, ...args: readonly string[]): string[] {
    const pulls = name === 'pull' ? ['-q', '--platform', platform] : []
    const several = args.includes('--all-platforms') || args.includes('--all-tags')
    return [name, ...(several ? ['-q'] : pulls), '--store', this.store, ...args]
  }

  /** Changes the store without tracing. */
  async prepare<T>(work: (windlass: Windlass) => Promise<T>): Promise<T> {
    const windlass = await open({ store: this.store })
    try {
      return await work(windlass)
    } finally {
      await windlass.close()
    }
  }

  async pulled(...images: readonly ImageName[]): Promise<void> {
    await this.prepare(async (windlass) => {
      for (const image of images) await windlass.pull(this.name(image), { platform }).done
    })
  }

  async close(): Promise<void> {
    await this.registry.close()
    rmSync(this.work, { recursive: true, force: true })
  }
}

const files = (folder: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({
    path: `${folder}/${at}`,
    content: `${folder} ${at}\n`.repeat(40),
  }))
const base = {
  entries: [...files('base', 4), { path: 'sh', type: 'symlink' as const, linkTarget: 'base/0' }],
}
const tool = {
  entries: [
    { path: 'bin/', mode: 0o1777 },
    { path: 'bin/tool', content: 'x'.repeat(70_000), mode: 0o4755, xattrs: { 'user.of': 'tool' } },
    { path: 'bin/same', type: 'link' as const, linkTarget: 'bin/tool' },
    { path: 'empty', content: '' },
    { path: 'pipe', type: 'fifo' as const },
  ],
}
const app = { entries: [whiteout('base/1'), ...files('app', 3)] }

type ImageName = 'earlier:1' | 'oci:1' | 'docker:1' | 'tags:1' | 'tags' | 'index:1' | typeof schema1

async function putAll(registry: TestRegistry): Promise<void> {
  await putImage(registry, 'earlier', '1', buildImage({ layers: [base, { entries: files('srv', 2) }] }))
  await putImage(registry, 'oci', '1', buildImage({ layers: [base, tool, app] }))
  await putImage(registry, 'docker', '1', buildImage({ format: 'docker', layers: [base, tool, app] }))
  for (const tag of ['1', '2', '3', '4'])
    await putImage(registry, 'tags', tag, buildImage({ layers: [base, { entries: files(`tag${tag}`, 2) }] }))
  const arm = { os: 'linux', architecture: 'arm64' }
  const index = buildIndex([
    buildImage({ layers: [base, tool] }),
    buildImage({ platform: arm, layers: [base, app] }),
  ])
  await putImage(registry, 'index', '1', index)
  putSchema1(registry)
}

export interface Scenario {
  readonly title: string
  /** Path of the store below the traced directory. */
  readonly store?: string
  /** Prepares the store. Returns paths in it that are damaged. */
  readonly before?: (scene: Scene) => Promise<readonly string[]>
  readonly command: Command
}

/** A command that is killed at one of its syncs, and a following command, whose input may not be on the disk. */
export interface KilledScenario extends Scenario {
  readonly then: Command
}

type Command = (scene: Scene) => readonly string[]

const having =
  (...images: readonly ImageName[]) =>
  async (scene: Scene): Promise<readonly string[]> => {
    await scene.pulled(...images)
    return []
  }

const command =
  (name: string, image?: ImageName, ...flags: readonly string[]): Command =>
  (scene) =>
    scene.command(name, ...flags, ...(image === undefined ? [] : [scene.name(image)]))

async function withGarbage(scene: Scene): Promise<readonly string[]> {
  await scene.pulled('earlier:1', 'oci:1', 'index:1')
  await scene.prepare(async (windlass) => {
    await windlass.remove(scene.name('oci:1'))
    await windlass.remove(scene.name('index:1'))
  })
  return []
}

async function withoutPointers(scene: Scene): Promise<readonly string[]> {
  await scene.pulled('earlier:1')
  const pointers = 'layers/by-blob/sha256'
  const removedPointers = readdirSync(join(scene.store, pointers)).map((hex) => `${pointers}/${hex}`)
  rmSync(join(scene.store, 'layers', 'by-blob'), { recursive: true })
  return removedPointers
}

async function withDamage(scene: Scene): Promise<readonly string[]> {
  await scene.pulled('earlier:1')
  return scene.prepare(async (windlass) => {
    const { layers } = await windlass.pull(scene.name('oci:1'), { platform }).done
    const [, blob, tree] = layers
    if (!blob || tree?.rootfs === undefined) throw new Error('The image has three unpacked layers')
    const damaged = pathOf('blobs', blob.digest)
    writeFileSync(join(scene.store, damaged), 'rotten')
    writeFileSync(join(tree.rootfs, 'app', '1'), 'rotten')
    return [damaged, pathOf('layers', tree.diffID)]
  })
}

const pathOf = (folder: string, digest: string): string => `${folder}/${digest.replace(':', '/')}`

export const scenarios: readonly Scenario[] = [
  { title: 'pull into a store that is made', store: 'new/deep/store', command: command('pull', 'oci:1') },
  {
    title: 'pull into a store with an image',
    before: having('earlier:1'),
    command: command('pull', 'oci:1'),
  },
  { title: 'pull, schema 2', command: command('pull', 'docker:1') },
  { title: 'pull, schema 1', command: command('pull', schema1) },
  { title: 'pull, out of an index', before: having('earlier:1'), command: command('pull', 'index:1') },
  { title: 'pull --all-platforms', command: command('pull', 'index:1', '--all-platforms') },
  { title: 'pull --all-tags', command: command('pull', 'tags', '--all-tags') },
  { title: 'pull --no-unpack', command: command('pull', 'oci:1', '--no-unpack') },
  { title: 'pull --discard-blobs', command: command('pull', 'oci:1', '--discard-blobs') },
  {
    title: 'pull, another form',
    before: having('oci:1'),
    command: command('pull', 'oci:1', '--whiteouts', 'aufs'),
  },
  { title: 'pull of what is here', before: having('oci:1'), command: command('pull', 'oci:1') },
  { title: 'pull, pointers lost', before: withoutPointers, command: command('pull', 'oci:1') },
  { title: 'rm', before: having('earlier:1', 'oci:1'), command: command('rm', 'oci:1') },
  { title: 'gc', before: withGarbage, command: command('gc') },
  { title: 'verify', before: having('earlier:1'), command: command('verify') },
  { title: 'verify --repair', before: withDamage, command: command('verify', undefined, '--repair') },
]

export const killedScenarios: readonly KilledScenario[] = [
  {
    title: 'pull, then pull',
    store: 'new/store',
    command: command('pull', 'oci:1'),
    then: command('pull', 'oci:1'),
  },
  {
    title: 'pull --no-unpack, twice',
    before: having('earlier:1'),
    command: command('pull', 'oci:1', '--no-unpack'),
    then: command('pull', 'oci:1', '--no-unpack'),
  },
  {
    title: 'pull, then gc',
    before: having('earlier:1'),
    command: command('pull', 'oci:1'),
    then: command('gc'),
  },
  {
    title: 'rm, then gc',
    before: having('earlier:1', 'oci:1'),
    command: command('rm', 'oci:1'),
    then: command('gc'),
  },
  { title: 'gc, then pull', before: withGarbage, command: command('gc'), then: command('pull', 'oci:1') },
  {
    title: 'verify --repair, twice',
    before: withDamage,
    command: command('verify', undefined, '--repair'),
    then: command('verify', undefined, '--repair'),
  },
]
