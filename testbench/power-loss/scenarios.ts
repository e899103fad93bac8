/** Defines scenarios: a command to trace, and the store before it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage, buildIndex, putImage, whiteout } from '../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../lib/testing/registry/index.js'
import { type Windlass, open } from '../../puller/index.js'
import { putSchema1, repository } from '../registries/schema1-registry.js'

const platform = 'linux/amd64'
const schema1 = `${repository}:latest` as const

/** The environment of a scenario: a registry with images that share layers, and a directory for a store. */
export class Scene {
  readonly store: string

  private constructor(
    readonly registry: TestRegistry,
    /** Directory whose changes are traced. It contains only the store and its parents. */
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

  referenceOf(image: ImageName): string {
    return `${this.registry.host}/${image}`
  }

  /** Returns the arguments of `windlass` for the store of this scene. */
  command(name: string, ...args: readonly string[]): string[] {
    const pulls = name === 'pull' ? ['-q', '--platform', platform] : []
    const several = args.includes('--all-platforms') || args.includes('--all-tags')
    return [name, ...(several ? ['-q'] : pulls), '--store', this.store, ...args]
  }

  /** Calls `work` with the opened store. Nothing is traced. */
  async prepare<T>(work: (windlass: Windlass) => Promise<T>): Promise<T> {
    const windlass = await open({ store: this.store })
    try {
      return await work(windlass)
    } finally {
      await windlass.close()
    }
  }

  async pullAll(...images: readonly ImageName[]): Promise<void> {
    await this.prepare(async (windlass) => {
      for (const image of images) await windlass.pull(this.referenceOf(image), { platform }).done
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

/** A scenario whose command is killed at one of its syncs. `then` runs afterwards on what is left. */
export interface KilledScenario extends Scenario {
  readonly then: Command
}

/** Returns the arguments of `windlass`. */
type Command = (scene: Scene) => readonly string[]

/** Returns a function that pulls `images` and damages nothing. */
const pullBefore =
  (...images: readonly ImageName[]) =>
  async (scene: Scene): Promise<readonly string[]> => {
    await scene.pullAll(...images)
    return []
  }

const command =
  (name: string, image?: ImageName, ...flags: readonly string[]): Command =>
  (scene) =>
    scene.command(name, ...flags, ...(image === undefined ? [] : [scene.referenceOf(image)]))

/** Pulls images and removes some of their names. */
async function makeGarbage(scene: Scene): Promise<readonly string[]> {
  await scene.pullAll('earlier:1', 'oci:1', 'index:1')
  await scene.prepare(async (windlass) => {
    await windlass.remove(scene.referenceOf('oci:1'))
    await windlass.remove(scene.referenceOf('index:1'))
  })
  return []
}

/** Pulls an image and removes the pointers from blobs to layers. Returns their paths. */
async function removePointers(scene: Scene): Promise<readonly string[]> {
  await scene.pullAll('earlier:1')
  const pointers = 'layers/by-blob/sha256'
  const removedPointers = readdirSync(join(scene.store, pointers)).map((hex) => `${pointers}/${hex}`)
  rmSync(join(scene.store, 'layers', 'by-blob'), { recursive: true })
  return removedPointers
}

/** Pulls images and damages a blob and a tree. Returns their paths. */
async function damageImage(scene: Scene): Promise<readonly string[]> {
  await scene.pullAll('earlier:1')
  return scene.prepare(async (windlass) => {
    const { layers } = await windlass.pull(scene.referenceOf('oci:1'), { platform }).done
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
  {
    title: 'pull into a store that does not exist',
    store: 'new/deep/store',
    command: command('pull', 'oci:1'),
  },
  {
    title: 'pull into a store with an image',
    before: pullBefore('earlier:1'),
    command: command('pull', 'oci:1'),
  },
  { title: 'pull, schema 2', command: command('pull', 'docker:1') },
  { title: 'pull, schema 1', command: command('pull', schema1) },
  {
    title: 'pull of an image in an index',
    before: pullBefore('earlier:1'),
    command: command('pull', 'index:1'),
  },
  { title: 'pull --all-platforms', command: command('pull', 'index:1', '--all-platforms') },
  { title: 'pull --all-tags', command: command('pull', 'tags', '--all-tags') },
  { title: 'pull --no-unpack', command: command('pull', 'oci:1', '--no-unpack') },
  { title: 'pull --discard-blobs', command: command('pull', 'oci:1', '--discard-blobs') },
  {
    title: 'pull with another treatment of whiteouts',
    before: pullBefore('oci:1'),
    command: command('pull', 'oci:1', '--whiteouts', 'aufs'),
  },
  {
    title: 'pull of an image that the store has',
    before: pullBefore('oci:1'),
    command: command('pull', 'oci:1'),
  },
  {
    title: 'pull after the pointers were removed',
    before: removePointers,
    command: command('pull', 'oci:1'),
  },
  { title: 'rm', before: pullBefore('earlier:1', 'oci:1'), command: command('rm', 'oci:1') },
  { title: 'gc', before: makeGarbage, command: command('gc') },
  { title: 'verify', before: pullBefore('earlier:1'), command: command('verify') },
  { title: 'verify --repair', before: damageImage, command: command('verify', undefined, '--repair') },
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
    before: pullBefore('earlier:1'),
    command: command('pull', 'oci:1', '--no-unpack'),
    then: command('pull', 'oci:1', '--no-unpack'),
  },
  {
    title: 'pull, then gc',
    before: pullBefore('earlier:1'),
    command: command('pull', 'oci:1'),
    then: command('gc'),
  },
  {
    title: 'rm, then gc',
    before: pullBefore('earlier:1', 'oci:1'),
    command: command('rm', 'oci:1'),
    then: command('gc'),
  },
  { title: 'gc, then pull', before: makeGarbage, command: command('gc'), then: command('pull', 'oci:1') },
  {
    title: 'verify --repair, twice',
    before: damageImage,
    command: command('verify', undefined, '--repair'),
    then: command('verify', undefined, '--repair'),
  },
]
