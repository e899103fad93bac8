/**
 * Runs the registry of the soak test in a separate process, so that its memory is not counted. Images are built on the
 * first request, and their repository names the fault: `reset/17`. Prints its host, and ends when its stdin is closed.
 */
import { createHash } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:http'
import { type BuiltImage, buildImage, putImage } from '../../lib/testing/images/index.js'
import { type Fault, faults, startRegistry } from '../../lib/testing/registry/index.js'

/** Idle connections are closed after 2 s instead of 5, because each count waits for that. */
subscribe('http.server.request.start', (message) => {
  const { server } = message as { server: Server } // documented by Node for this channel
  server.keepAliveTimeout = 2_000
})

/** Returns incompressible bytes that are determined by `text`. */
const noise = (text: string, length: number): Buffer =>
  createHash('shake256', { outputLength: length }).update(text).digest()

const files = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ path: `${name}/${at}`, content: `${name} ${at} `.repeat(40) }))

/** Returns an image of two layers: one of four shared layers, and its own. */
function imageOf(kind: string, number: number): BuiltImage {
  const base = `base${number % 4}`
  return buildImage({
    layers: [
      { entries: [...files(base, 30), { path: 'big', content: noise(base, 40_000) }] },
      {
        entries: [
          ...(kind === 'hostile' ? [{ path: '.wh.', content: '' }] : []),
          ...files(`own${number}`, 15),
          { path: 'data', content: noise(`${kind} ${number}`, 20_000 + ((number * 7919) % 180_000)) },
          { path: 'link', type: 'symlink', linkTarget: 'data' },
        ],
      },
    ],
    ...(kind === 'liar' && {
      config: { rootfs: { type: 'layers', diff_ids: [0, 1].map((at) => `sha256:${String(at).repeat(64)}`) } },
    }),
  })
}

/** Returns the faults of an image of this kind. After a temporary fault, the pull succeeds. */
function faultsOf(kind: string, { layers, config }: BuiltImage): readonly Fault[] {
  const { digest: reference, size } = layers[1]!
  const always = { reference, times: Infinity }
  const once = { reference, nth: 1 }
  const half = size >> 1
  switch (kind) {
    case 'wrong':
      return [faults.wrongByte(half, always)]
    case 'hole':
      return [faults.status(404, always)]
    case 'flaky':
      return [faults.status(500, once)]
    case 'down':
      return [faults.status(500, always)]
    case 'reset':
      return [faults.reset(half, once)]
    case 'cut':
      return [faults.truncate(1_000, always)]
    case 'stall':
      return [faults.stall(half, once)]
    case 'silent':
      return [faults.stall(0, always)]
    case 'config':
      return [faults.wrongByte(3, { reference: config.digest, times: Infinity })]
    default:
      return []
  }
}

const registry = await startRegistry()
const made = new Set<string>()
registry.hook(async ({ kind, repository }) => {
  const [what = '', number = ''] = repository.split('/')
  if (kind !== 'manifest' || what === 'gone' || made.has(repository)) return undefined
  made.add(repository)
  const image = imageOf(what, Number(number))
  for (const each of faultsOf(what, image)) registry.addFault(each)
  await putImage(registry, repository, '1', image)
  return undefined
})
process.stdout.write(`${registry.host}\n`)
process.stdin.resume().on('end', () => process.exit())
