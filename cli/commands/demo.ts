/** `windlass demo`: pulls an image from an embedded registry and shows the requests and the resulting tree. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Command } from 'commander'
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import { hostPlatform } from '../../lib/image/index.js'
import { printable } from '../../lib/codec/printable.js'
import { describeTree } from '../../lib/archive/index.js'
import { putImage, startRegistry, type TestRegistry } from '../../lib/testing/index.js'
import { open } from '../../puller/index.js'
import { type PulledImage } from '../../lib/stages/index.js'
import { demoImage } from '../demo/image.js'
import { requestTable } from '../demo/requests.js'
import { treeLines } from '../demo/tree.js'
import { interruptible } from '../terminal/interrupt.js'
import { follow, type ProgressFlags, addProgressFlags } from '../setup/progress-flags.js'
import { formatBytes, formatCount } from '../../lib/quantities.js'
import { addJsonFlag, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'
import { asJson } from './sets/pull-sets.js'

interface DemoFlags extends ProgressFlags {
  readonly keep?: boolean
  readonly store?: string
  readonly json?: boolean
}

const examples = `
Examples:
  windlass demo
  windlass demo --keep                 keep the store and the tree
  windlass demo --progress json 2>&1   print all events`

/** Rate of each layer in bytes per second. It is low so that the progress can be watched. */
const layerRate = 1_600_000

/** Defines the options and the action of `windlass demo`. */
export function defineDemo(command: Command, terminal: Console): void {
  command.option('--keep', 'keep the store and the tree')
  addStoreFlags(command)
  addJsonFlag(command, 'print one JSON object with the image, the requests and the durations')
  addProgressFlags(command)
  command
    .addHelpText('after', examples)
    .action(() => interruptible(terminal, (signal) => demo(command.opts<DemoFlags>(), terminal, signal)))
}

async function demo(flags: DemoFlags, terminal: Console, signal: AbortSignal): Promise<void> {
  const directory = await scratchDirectory()
  const registry = await startRegistry({
    auth: { kind: 'token', expireOnce: true },
    bytesPerSecond: layerRate,
    latency: 20,
  })
  try {
    const { os, architecture } = hostPlatform()
    await putImage(registry, 'demo/hello', '1.0', demoImage({ os, architecture }))
    const result = await pullTwice(registry, directory, flags, terminal, signal)
    if (flags.json) await terminal.output.json(toJson(result, registry))
    else await terminal.output.write(await summary(result, registry))
  } finally {
    await registry.close()
    if (!flags.keep) await rm(directory, { recursive: true, force: true })
  }
  if (flags.keep && !flags.json) await terminal.output.line(`\nKept: ${printable(directory, 2_000)}`)
}

async function scratchDirectory(): Promise<string> {
  const parent = tmpdir()
  try {
    return await mkdtemp(path.join(parent, 'windlass-demo-'))
  } catch (cause) {
    throw new WindlassError(
      'STORE_IO',
      `Failed to create a directory for the demo in ${parent}: ${asWindlassError(cause).message}`,
      {
        ...{ cause, path: parent },
        hint: 'Name a writable directory with the variable TMPDIR.',
      },
    )
  }
}

interface DemoResult {
  readonly image: PulledImage
  readonly rootfs: string
  /** Number of requests of the first pull. */
  readonly requests: number
  /** Duration of the first pull in milliseconds. */
  readonly first: number
  /** Duration of the second pull in milliseconds. */
  readonly second: number
}

async function pullTwice(
  registry: TestRegistry,
  directory: string,
  flags: DemoFlags,
  terminal: Console,
  signal: AbortSignal,
): Promise<DemoResult> {
  const { store = path.join(directory, 'store') } = flags
  const name = `${registry.host}/demo/hello:1.0`
  const rootfs = path.join(directory, 'rootfs')
  const windlass = await open({ store })
  try {
    if (!flags.json)
      await terminal.output.line(`An embedded registry listens on ${registry.host} and requires tokens.\n`)
    const start = performance.now()
    const image = await follow(windlass.pull(name, { rootfs, signal }), flags, terminal)
    const first = performance.now() - start
    const requests = registry.requests.length
    await windlass.pull(name, { signal }).done
    return { image, rootfs, requests, first, second: performance.now() - start - first }
  } finally {
    await windlass.close()
  }
}

async function summary(
  { image, rootfs, requests, first, second }: DemoResult,
  registry: TestRegistry,
): Promise<string> {
  const secondRequests = registry.requests.length - requests
  const seconds = (first / 1000).toFixed(1)
  const lines = [
    '',
    'Requests of the pull',
    ...requestTable(registry.requests.slice(0, requests), namesIn(image)).trimEnd().split('\n'),
    '',
    `The tree of the ${image.layers.length} layers`,
    ...treeLines(await describeTree(rootfs)),
    '(the last layer removes etc/draft and var/cache/old of a lower layer)',
    '',
    `${image.name}@${image.digest}`,
    `${formatBytes(image.size)} in ${requests} requests and ${seconds} s: every size, digest and diffID verified.`,
    `Pulled again: ${formatCount(secondRequests, 'request')}, ${Math.round(second)} ms: all layers were in the store.`,
  ]
  return lines.map((line) => `${line}\n`).join('')
}

const namesIn = ({ imageId, layers }: PulledImage): ReadonlyMap<string, string> =>
  new Map([
    [imageId, 'config'],
    ...layers.map(({ digest }, index) => [digest, `layer ${index + 1}`] as const),
  ])

const toJson = ({ image, requests, first, second }: DemoResult, registry: TestRegistry): object => ({
  image: asJson(image),
  milliseconds: { first: Math.round(first), second: Math.round(second) },
  requests: registry.requests.slice(0, requests).map(({ kind, method, reference, status }) => ({
    kind,
    method,
    reference,
    status,
  })),
  requestsOfSecondPull: registry.requests.length - requests,
})
