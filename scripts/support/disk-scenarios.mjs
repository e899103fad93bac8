/**
 * Defines the commands of the fault sweep: the initial state, the arguments, and the conditions that must hold after
 * success and after failure.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { buildImage, putImage, startRegistry } from '../../dist/lib/testing/index.js'
import { compareTrees, describeTree } from '../../dist/lib/testing/tree/index.js'
import { open } from '../../dist/puller/index.js'
import { listing, look } from './after-a-kill.mjs'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const platform = 'linux/amd64'
const copy = promisify(execFile)

const files = (name, count) =>
  Array.from({ length: count }, (_, at) => ({ path: `${name}/${at}`, content: `${name} ${at}`.repeat(50) }))
const earlier = buildImage({ layers: [{ entries: files('base', 3) }] })
const wanted = buildImage({
  layers: [
    { entries: files('lib', 3) },
    {
      entries: [
        { path: 'bin/', mode: 0o1777 },
        { path: 'bin/tool', content: 'x'.repeat(70_000), mode: 0o4755 },
        { path: 'bin/same', type: 'link', linkTarget: 'bin/tool' },
        { path: 'sh', type: 'symlink', linkTarget: 'bin/tool' },
        { path: 'pipe', type: 'fifo' },
      ],
    },
    {
      entries: [
        { path: 'lib/.wh.1', content: '' },
        { path: 'bin/.wh..wh..opq', content: '' },
        ...files('app', 2),
      ],
    },
  ],
})

/** Returns the arguments of Node for the command, with its store and target below `root`. */
export const commandLine = ({ args }, root) => [main, ...args(root), '--store', join(root, 'store')]

/** Starts a registry, and prepares the requested commands; templates of their stores are made in `directory`. */
export async function scenariosOf(directory, asked) {
  const registry = await startRegistry()
  const names = { earlier: `${registry.host}/earlier:1`, wanted: `${registry.host}/wanted:1` }
  await putImage(registry, 'earlier', '1', earlier)
  await putImage(registry, 'wanted', '1', wanted)
  const world = { directory, registry, names }
  const scenarios = new Map()
  const whole = { share: {} }
  for (const [title, define] of Object.entries(definitions))
    if (!asked || asked.includes(title)) scenarios.set(title, { title, ...whole, ...(await define(world)) })
  return { registry, scenarios }
}

const definitions = {
  async pull(world) {
    const template = await storeWith(world, 'with-one', [world.names.earlier])
    return {
      prepare: (root) => startFrom(template, root),
      args: () => pullArgs(world),
      look: (state) => afterPull(world, state, { hadEarlier: true }),
    }
  },

  async 'first pull'(world) {
    return {
      prepare: (root) => startFrom(undefined, root),
      args: () => pullArgs(world),
      // Later calls are the same as with an existing store.
      until: /\/staging\/[0-9a-f]{16}\//,
      look: (state) => afterPull(world, state, { hadEarlier: false }),
    }
  },

  async unpack(world) {
    const template = await storeWith(world, 'with-both', [world.names.earlier, world.names.wanted])
    const target = join(world.directory, 'flat')
    await using(template, (windlass) => windlass.unpack(world.names.wanted, target, { platform }).done)
    const expected = await describeTree(target)
    return {
      prepare: (root) => startFrom(template, root),
      /** Tests every n-th call only, by kind of call. */
      share: { reads: 3 },
      args: (root) => ['unpack', '-q', '--platform', platform, world.names.wanted, join(root, 'target')],
      look: (state) => afterUnpack(world, state, expected),
    }
  },

  async gc(world) {
    const template = await storeWith(world, 'with-garbage', [world.names.earlier, world.names.wanted])
    await using(template, (windlass) => windlass.remove(world.names.wanted))
    mkdirSync(join(template, 'partial', 'sha256'), { recursive: true })
    writeFileSync(join(template, 'partial', 'sha256', '5'.repeat(64)), 'half of it')
    return {
      prepare: (root) => startFrom(template, root),
      /** Tests every n-th call only, by kind of call. */
      share: { reads: 5, changes: 2 },
      args: () => ['gc', '--keep-partials', '0'],
      look: (state) => afterCollection(world, state),
    }
  },

  async rm(world) {
    const template = await storeWith(world, 'with-two', [world.names.earlier, world.names.wanted])
    return {
      prepare: (root) => startFrom(template, root),
      args: () => ['rm', world.names.wanted],
      look: (state) => afterRemoval(world, state),
    }
  },

  async repair(world) {
    const template = await storeWith(world, 'damaged', [world.names.earlier, world.names.wanted])
    const [first, second] = wanted.layers
    const blob = join(template, 'blobs', ...first.digest.split(':'))
    const bytes = readFileSync(blob)
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
    writeFileSync(blob, bytes)
    rmSync(join(template, 'layers', ...second.diffID.split(':'), 'rootfs', 'sh'))
    return {
      prepare: (root) => startFrom(template, root),
      /** Tests every n-th call only, by kind of call. */
      share: { reads: 12, changes: 3 },
      args: () => ['verify', '--repair'],
      look: (state) => afterRepair(world, state),
    }
  },
}

const pullArgs = ({ names }) => [
  ...['pull', '-q', '--platform', platform, '--max-unpacks', '1', '--max-downloads', '1', names.wanted],
]

async function storeWith({ directory }, name, images) {
  const store = join(directory, name)
  await using(store, async (windlass) => {
    for (const image of images) await windlass.pull(image, { platform }).done
  })
  return store
}

async function using(store, work) {
  const windlass = await open({ store, retries: 1 })
  try {
    return await work(windlass)
  } finally {
    await windlass.close()
  }
}

async function startFrom(template, root) {
  rmSync(root, { recursive: true, force: true })
  mkdirSync(root)
  // cp is used because Node's own copy function loses the times of directories.
  if (template) await copy('cp', ['-a', template, join(root, 'store')])
}

/** Returns the violations of the store and its images. The images `need` must exist. */
async function soundness(store, need) {
  const wrong = []
  const must = (what, holds) => holds || wrong.push(what)
  await using(store, async (windlass) => {
    const { problems, unexpectedPaths } = await windlass.verify()
    must(`verify: ${problems.map(({ why, path }) => `${path} ${why}`).join('; ')}`, problems.length === 0)
    must(`unexpectedPaths: ${unexpectedPaths.join(', ')}`, unexpectedPaths.length === 0)
    const images = await windlass.images()
    for (const name of need)
      must(
        `${name} is gone`,
        images.some((image) => image.name === name && image.size),
      )
  })
  must(`staging: ${listing(store, 'staging').join(', ')}`, listing(store, 'staging').length === 0)
  return wrong
}

async function afterPull({ registry, names }, { root, succeeded }, { hadEarlier }) {
  const store = join(root, 'store')
  const wrong = []
  if (succeeded) wrong.push(...(await soundness(store, [names.wanted])))
  const images = { wanted, ...(hadEarlier && { earlier }) }
  return [...wrong, ...(await look({ store, registry, names, images, platform })).wrong]
}

function leftovers(store) {
  const partial = listing(store, 'partial', 'sha256')
  const hiddenFiles = listing(store).filter((name) => name.startsWith('.'))
  return [
    ...partial.map((name) => `left in partial: ${name}`),
    ...hiddenFiles.map((name) => `left in the store: ${name}`),
  ]
}

/** The layers have no entry for the root, so its time is not defined. */
const isRootTime = ({ path, attribute }) => path === '.' && attribute === 'mtime'

async function afterUnpack({ names }, { root, succeeded, point, stays }, expected) {
  const store = join(root, 'store')
  const target = join(root, 'target')
  const wrong = await soundness(store, [names.earlier, names.wanted])
  const same = async () =>
    compareTrees(expected, await describeTree(target), { except: isRootTime }).map(({ text }) => text)
  if (succeeded) wrong.push(...(await same()))
  // An existing tree must be complete. If removing fails, the message names what remains next to it.
  else if (existsSync(target)) wrong.push(...(await same()))
  // The next unpacking to this target removes it. strace counts per thread, so a failure of reading may affect the
  // removal.
  const removing =
    stays ||
    point.mode === 'reading' ||
    ['unlink', 'unlinkat', 'rmdir', 'getdents64', 'statx', 'newfstatat'].includes(point.call)
  const leftBehind = listing(root).filter((name) => !['store', 'target'].includes(name))
  if (!removing && leftBehind.length > 0) wrong.push(`left beside the target: ${leftBehind.join(', ')}`)
  rmSync(target, { recursive: true, force: true })
  await using(store, (windlass) => windlass.unpack(names.wanted, target, { platform }).done)
  wrong.push(...(await same()))
  return wrong
}

async function afterCollection({ names }, { root, succeeded }) {
  const store = join(root, 'store')
  const wrong = await soundness(store, [names.earlier])
  await using(store, async (windlass) => {
    const { removed } = await windlass.collect({ keepPartials: 0 })
    if (succeeded && removed.length > 0) wrong.push(`left: ${removed.map(({ digest }) => digest).join(', ')}`)
    const { trees, unreferenced } = await windlass.verify()
    if (trees !== 1 || unreferenced?.length !== 0) wrong.push(`not collected: ${unreferenced} ${trees}`)
  })
  wrong.push(...leftovers(store))
  return wrong
}

async function afterRemoval({ names }, { root, succeeded }) {
  const store = join(root, 'store')
  const wrong = await soundness(store, [names.earlier])
  await using(store, async (windlass) => {
    const isListed = (await windlass.images()).some(({ name }) => name === names.wanted)
    if (isListed && succeeded) wrong.push('the name is still there')
    if (isListed) await windlass.remove(names.wanted)
    await windlass.collect()
  })
  wrong.push(...(await soundness(store, [names.earlier])), ...leftovers(store))
  return wrong
}

async function afterRepair({ names }, { root, succeeded }) {
  const store = join(root, 'store')
  const both = [names.earlier, names.wanted]
  const wrong = succeeded ? await soundness(store, both) : []
  await using(store, async (windlass) => {
    const { problems } = await windlass.verify({ repair: true })
    const unrepaired = problems.filter(({ repaired }) => !repaired)
    wrong.push(...unrepaired.map(({ why, error }) => `not repaired: ${why} ${error?.message ?? ''}`))
  })
  wrong.push(...(await soundness(store, both)), ...leftovers(store))
  return wrong
}
