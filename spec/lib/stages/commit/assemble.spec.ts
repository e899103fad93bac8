/** Assembling the layers of an image when something is created at the target meanwhile. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import type { rename } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FlattenTask, UnpackJobOptions, UnpackPool } from '../../../../lib/archive/index.js'
import { WindlassError } from '../../../../lib/errors.js'
import { WorkControl } from '../../../../lib/flow/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { assemble } from '../../../../lib/stages/commit/assemble.js'
import type { Store } from '../../../../lib/store/index.js'
import { putImage } from '../../../../lib/testing/images/index.js'
import { runStage } from '../../../support/run-stage.js'
import { Workbench, imageOf } from '../../../support/workbench.js'

/** The target that the system refuses to replace, as it does with a mount point of another user namespace. */
const busy = vi.hoisted(() => ({ target: '' }))
vi.mock('node:fs/promises', async (original) => {
  const real = await original<{ readonly rename: typeof rename }>()
  return {
    ...real,
    rename: (from: string, to: string) =>
      to === busy.target
        ? Promise.reject(
            Object.assign(new Error('EBUSY: busy'), { code: 'EBUSY', errno: -16, syscall: 'rename' }),
          )
        : real.rename(from, to),
  }
})

describe('the tree of an image', () => {
  const bench = new Workbench()

  it('does not replace a directory that was created meanwhile, and leaves no files next to it', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['a', 'b']))
    const parent = bench.path()
    const target = join(parent, 'target')
    mkdirSync(parent, { recursive: true })
    const neighbour = setInterval(() => {
      if (readdirSync(parent).length === 0) return
      clearInterval(neighbour)
      mkdirSync(target, { recursive: true })
      writeFileSync(join(target, 'of-another'), '')
    }, 1)
    const puller = await bench.puller()
    const pulling = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64', rootfs: target })
    await expect(pulling.done).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(
        `Cannot unpack into ${target}: something was created there in the meantime`,
      ) as string,
      subject: { path: target },
    })
    await pulling.closed()
    expect(readdirSync(target)).toEqual(['of-another'])
    expect(readdirSync(parent)).toEqual(['target'])
  })

  it('is not assembled if the target is not empty, which is reported at once', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['a']))
    const target = bench.path()
    mkdirSync(target, { recursive: true })
    writeFileSync(join(target, 'mine'), '')
    const puller = await bench.puller()
    const pulling = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64', rootfs: target })
    await expect(pulling.done).rejects.toMatchObject({
      code: 'USAGE',
      message: `Cannot unpack into ${target}: the directory is not empty`,
    })
    await pulling.closed()
    expect(readdirSync(target)).toEqual(['mine'])
  })

  it('does not replace a symbolic link or its target', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['a']))
    const parent = bench.path()
    const target = join(parent, 'target')
    mkdirSync(join(parent, 'real'), { recursive: true })
    symlinkSync('real', target)
    const puller = await bench.puller()
    const pulling = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64', rootfs: target })
    await expect(pulling.done).rejects.toMatchObject({
      code: 'USAGE',
      message: `Cannot unpack into ${target}: it is a symbolic link`,
      hint: 'Name the directory that it leads to.',
    })
    await pulling.closed()
    expect(readdirSync(join(parent, 'real'))).toEqual([])
    expect(readdirSync(parent).sort()).toEqual(['real', 'target'])
  })

  it('is rejected if a layer does not match the config, also if nothing else unpacks it', async () => {
    const registry = await bench.registry()
    const [a, other] = imageOf(['a', 'other']).layers
    const config = { rootfs: { type: 'layers', diff_ids: [a!.diffID, other!.diffID] } }
    await putImage(registry, 'app', '1', imageOf(['a', 'b'], { config }))
    const puller = await bench.puller()
    const parent = bench.path()
    const pulling = puller.pull(`${registry.host}/app:1`, {
      ...{ platform: 'linux/amd64', unpack: false, rootfs: join(parent, 'target') },
    })
    await expect(pulling.done).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
    await pulling.closed()
    expect(readdirSync(parent)).toEqual([])
  })

  it('does not replace a mount point that the system alone knows as such', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['a']))
    const target = bench.path()
    mkdirSync(target, { recursive: true })
    busy.target = target
    onTestFinished(() => void (busy.target = ''))
    const puller = await bench.puller()
    const pulling = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64', rootfs: target })
    await expect(pulling.done).rejects.toMatchObject({
      code: 'USAGE',
      message: `Cannot unpack into ${target}: it is a mount point, which a tree cannot replace`,
      hint: 'Name a directory below it.',
    })
    await pulling.closed()
    expect(readdirSync(target)).toEqual([])
  })
})

describe('the steps by which a tree is assembled', () => {
  const scratch = new Workbench()
  const digest = digestOf(Buffer.from('blob'))
  const diffID = digestOf(Buffer.from('tree'))
  const layer = { digest, diffID, mediaType: 'x', size: 7, rootfs: undefined as string | undefined }

  interface Options {
    readonly layers?: readonly (typeof layer)[]
    readonly target?: string
    readonly hasBlob?: boolean
    readonly implied?: readonly string[]
    readonly control?: WorkControl
    /** Called with the directory of the tree and the options of each attempt. */
    readonly flatten?: (into: string, options: UnpackJobOptions, attempt: number) => void | Promise<void>
  }

  /** Runs the stage, and returns what it asked of the threads and of the store. */
  async function assembled({
    layers = [layer],
    target = join(scratch.path(), 'target'),
    hasBlob = true,
    implied,
    control,
    flatten = () => undefined,
  }: Options) {
    const tasks: FlattenTask[] = []
    const released: string[] = []
    const trees: string[] = []
    const store = {
      blobs: { has: async (_: string, size: number) => hasBlob && size === 7, path: () => '/blobs/one' },
      layers: { find: async () => ({ implied }) },
      beginTree: async (path: string) => {
        const tree = `${path}.tree-${trees.length}`
        trees.push(tree)
        return { path: tree, release: async () => void released.push(tree) }
      },
    } as unknown as Store
    const pool = {
      flatten: async (task: FlattenTask, options: UnpackJobOptions) => {
        tasks.push(task)
        mkdirSync(task.into, { recursive: true })
        await flatten(task.into, options, tasks.length)
      },
    } as unknown as UnpackPool
    const stage = assemble({ store, pool, directory: target, control })
    const result = runStage(stage, { layers } as never)
    const outcome = await result.then(
      ({ events }) => ({ events, error: undefined }),
      (error: unknown) => ({ events: [], error: error as { readonly code?: string } }),
    )
    return { ...outcome, tasks, trees, released, target }
  }

  it('take the blob of a layer, with its digest and its diffID, if the store has it', async () => {
    expect((await assembled({})).tasks[0]!.layers).toEqual([
      { kind: 'blob', path: '/blobs/one', expected: { digest, size: 7, diffID } },
    ])
  })

  it('take the tree of a layer without a blob, without the directories that it only implies', async () => {
    const layers = [{ ...layer, rootfs: '/layers/one' }]
    expect((await assembled({ layers, hasBlob: false, implied: ['a'] })).tasks[0]!.layers).toEqual([
      { kind: 'directory', path: '/layers/one', implied: ['a'] },
    ])
  })

  it('fail if the store has neither', async () => {
    const { error, trees } = await assembled({ hasBlob: false })
    expect(error).toMatchObject({ code: 'STORE_CORRUPT', subject: { digest } })
    expect(trees).toEqual([])
  })

  it('move the tree to its place, and release the files next to it once', async () => {
    const { target, released, trees, error } = await assembled({
      flatten: (into) => writeFileSync(join(into, 'file'), ''),
    })
    expect([error, readdirSync(target)]).toEqual([undefined, ['file']])
    expect(released).toEqual(trees)
  })

  it('take a relative path from the working directory', async () => {
    const target = join(scratch.path(), 'target')
    const { trees } = await assembled({ target: relative(process.cwd(), target) })
    expect(trees).toEqual([`${target}.tree-0`])
  })

  it('have the priority of the pull at every moment, and report warnings', async () => {
    const control = new WorkControl()
    const priorities: number[] = []
    const { events } = await assembled({
      control,
      flatten: (_, { priority, onWarning }) => {
        const current = (): number => (typeof priority === 'function' ? priority() : (priority ?? -1))
        priorities.push(current())
        control.priority = 5
        priorities.push(current())
        onWarning?.('odd', 'It is odd')
      },
    })
    expect(priorities).toEqual([0, 5])
    expect(events).toEqual([{ type: 'warning', code: 'odd', message: 'It is odd' }])
  })

  it('begin with a new tree after a pause, and remove the old one at once', async () => {
    const control = new WorkControl()
    const { tasks, released, error } = await assembled({
      control,
      flatten: async (_, { signal }, attempt) => {
        if (attempt > 1) return
        setImmediate(() => {
          control.setPaused(true)
          control.setPaused(false)
        })
        await new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason as Error)),
        )
      },
    })
    expect(error).toBeUndefined()
    expect(tasks.map(({ into }) => into)).toHaveLength(2)
    expect(released[0]).toBe(tasks[0]!.into)
  })

  it('release the tree before the failure of a thread is reported', async () => {
    const { released, error, trees } = await assembled({
      flatten: () => Promise.reject(new WindlassError('LAYER_INVALID', 'no archive')),
    })
    expect(error).toMatchObject({ code: 'LAYER_INVALID' })
    expect(released).toEqual(trees)
  })

  it('refuse a file in the place of the tree, and a file above it', async () => {
    const directory = scratch.path()
    mkdirSync(directory, { recursive: true })
    const file = join(directory, 'file')
    writeFileSync(file, '')
    expect((await assembled({ target: file })).error).toMatchObject({
      code: 'USAGE',
      message: `Cannot unpack into ${file}: it is not a directory`,
    })
    expect((await assembled({ target: join(file, 'below') })).error).toMatchObject({ code: 'USAGE' })
  })
})
