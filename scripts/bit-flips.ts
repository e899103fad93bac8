/**
 * Flips one bit of a store at a time, in every file and every attribute of a tree entry, and verifies the store:
 *
 *     npx tsx scripts/bit-flips.ts                              all places (some minutes)
 *     npx tsx scripts/bit-flips.ts --points 60 --seed 7         60 places, evenly distributed
 *
 * After each flip, `verify` must report it at its place and must not list anything needed as unreferenced, no wrong
 * tree must be unpacked, and `verify --repair` (run for every --repair th flip: 4) must restore the store. Prints a
 * table. Exits with 1 if a flip was missed. For ordinary users, changes that require root are omitted. Requires dist/
 * (npm run build).
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { WindlassError } from '../lib/errors.js'
import { type TreeEntry, compareTrees, describeTree } from '../lib/archive/index.js'
import { type VerifyReport } from '../pipelines/index.js'
import { type Windlass, open } from '../puller/index.js'
import { Random } from '../testbench/fuzz/random.js'
import { type FlipPoint, FlipPoints } from './support/flip-points.js'
import { makeFlipStore } from './support/flip-store.js'

const { values } = parseArgs({
  options: {
    points: { type: 'string' },
    bits: { type: 'string', default: '5' },
    repair: { type: 'string', default: '4' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: '' },
  },
})
const maxFlips = values.points === undefined ? Infinity : Number(values.points)
const seed = Number(values.seed)

const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-flips-'))
const began = performance.now()

interface Row {
  places: Set<string>
  flips: number
  found: number
  repaired: number
  notRepaired: number
  refused: number
  trees: number
  left: number
}
const rows = new Map<string, Row>()
const wrong: string[] = []

const { registry, directory: store, images } = await makeFlipStore(join(directory, 'store'))
const pristine = join(directory, 'pristine')
execFileSync('cp', ['-a', store, pristine])
const openPuller = (): Promise<Windlass> => open({ store, retries: 1, retryDelay: 1 })
let puller = await openPuller()
const treesBefore = new Map<string, readonly TreeEntry[]>()
for (const name of images.keys()) treesBefore.set(name, await treeOf(name))

/** Returns the tree of the image that `unpack` makes. */
async function treeOf(name: string): Promise<readonly TreeEntry[]> {
  const into = join(directory, 'tree')
  try {
    await puller.unpack(name, into, { platform: images.get(name)!.platform! }).done
    return await describeTree(into)
  } finally {
    rmSync(into, { recursive: true, force: true })
  }
}

type Verdict = { readonly report: VerifyReport } | { readonly error: unknown }
const verify = (repair: boolean): Promise<Verdict> =>
  puller.verify({ repair }).then(
    (report) => ({ report }),
    (error: unknown) => ({ error }),
  )

/** Returns why the flip counts as missed; undefined if it was reported correctly. */
function missed({ path }: FlipPoint, verdict: Verdict): string | undefined {
  if ('error' in verdict) {
    const { error } = verdict
    if (!(error instanceof WindlassError)) return `crashed: ${String(error)}`
    return error.code === 'STORE_CORRUPT' && error.hint ? undefined : `${error.code}: ${error.message}`
  }
  const { problems, unexpectedPaths, unreferenced } = verdict.report
  const paths = [...problems.map((problem) => problem.path), ...unexpectedPaths].map((each) =>
    Buffer.from(each).toString('latin1'),
  )
  if (problems.length + unexpectedPaths.length === 0) return 'nothing was found'
  if (!paths.some((each) => each.startsWith(path) || path.startsWith(each)))
    return `found elsewhere: ${paths.join()}`
  if (problems.some(({ why }) => why.length < 5)) return 'it is not said why'
  // An object with a foreign name may be unreferenced. Everything else was needed before.
  const missing =
    unreferenced?.filter((digest) => existsSync(join(pristine, 'blobs', ...digest.split(':')))) ?? []
  return missing.length === 0 ? undefined : `could be collected now: ${missing.join()}`
}

/** Checks that unpacking is refused or gives the correct tree. */
async function unpackAll(point: FlipPoint, row: Row, verdict: Verdict): Promise<void> {
  const names = 'report' in verdict ? verdict.report.problems.flatMap((problem) => problem.images) : []
  for (const name of new Set(names.filter((each) => images.has(each)))) {
    const tree = await treeOf(name).catch((error: unknown) => {
      if (!(error instanceof WindlassError)) wrong.push(`${point.place}: unpacking crashed: ${String(error)}`)
    })
    if (!tree) {
      row.refused++
      continue
    }
    row.trees++
    const differences = compareTrees(treesBefore.get(name)!, tree, {
      // The time of the root of a tree is not defined.
      except: (each) => each.path === '.' && each.attribute === 'mtime',
    })
    if (differences.length > 0)
      wrong.push(`${point.place}: a wrong tree came out of ${name}: ${differences[0]!.text}`)
  }
}

/** Repairs the store. Returns whether it is equivalent to the original. */
async function repairStore(point: FlipPoint, row: Row): Promise<boolean> {
  const verdict = await verify(true)
  const unrepaired = 'report' in verdict ? verdict.report.problems.filter(({ repaired }) => !repaired) : []
  if ('error' in verdict || unrepaired.length > 0) {
    row.notRepaired++
    // Some information is not recorded elsewhere: the content of a name, the version of a store, and the layer of a
    // renamed directory.
    if (!['index.json', 'oci-layout', 'windlass.json', 'name of a layer'].includes(point.kind))
      wrong.push(`${point.place}: not repaired: ${JSON.stringify(unrepaired[0]?.error)}`)
    return false
  }
  row.repaired++
  const reverified = await verify(false)
  if ('report' in reverified && reverified.report.problems.length === 0) return true
  wrong.push(`${point.place}: said to be repaired, and is not`)
  return false
}

async function restore(): Promise<void> {
  await puller.close()
  rmSync(store, { recursive: true, force: true })
  execFileSync('cp', ['-a', pristine, store])
  puller = await openPuller()
}

async function run(point: FlipPoint, repair: boolean): Promise<void> {
  const row = rows.get(point.kind) ?? {
    ...{ places: new Set(), flips: 0, found: 0, repaired: 0, notRepaired: 0, refused: 0, trees: 0, left: 0 },
  }
  rows.set(point.kind, row)
  row.places.add(point.path)
  let back: (() => void) | undefined
  try {
    back = point.flip()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!['EPERM', 'EINVAL', 'EOPNOTSUPP', 'ENOENT'].includes(code)) throw error
    if (code === 'ENOENT') {
      // A repair may have renamed a tree.
      await restore()
      back = point.flip()
    } else row.left++
  }
  if (!back) return
  row.flips++
  // These files are checked when the store is opened.
  const atOpening = point.kind === 'oci-layout' || point.kind === 'windlass.json'
  if (atOpening) {
    await puller.close()
    puller = await openPuller()
  }
  const verdict = await verify(false)
  const why = missed(point, verdict)
  if (why === undefined) row.found++
  else wrong.push(`${point.place}: ${why}`)
  if (point.kind.startsWith('blob:')) await unpackAll(point, row, verdict)
  const good = repair && (await repairStore(point, row))
  // After a repair, a renamed object may have another place than before, and the list of names another text.
  if (repair && (!good || point.kind.startsWith('name of') || point.kind === 'index.json')) await restore()
  else if (!good) back()
  if (atOpening) {
    await puller.close()
    puller = await openPuller()
  }
}

const all = [...new FlipPoints(store, Number(values.bits), new Random('flips', seed)).all()].filter(
  ({ kind }) => kind.includes(values.only),
)
const step = Math.max(1, all.length / maxFlips)
const each = Number(values.repair)
let count = 0
for (let at = 0; at < all.length; at += step) {
  const point = all[Math.floor(at)]!
  const first = !rows.has(point.kind)
  await run(point, first || count++ % each === 0)
}
const end = await verify(false)
if ('error' in end || end.report.problems.length > 0)
  wrong.push(`the store is not as it was: ${JSON.stringify(end)}`)
await puller.close()
await registry.close()
rmSync(directory, { recursive: true, force: true })

const total = [...rows.values()].reduce((sum, { flips }) => sum + flips, 0)
process.stdout.write(
  [
    `seed ${seed}: ${total} of ${all.length} flips in ${Math.round((performance.now() - began) / 1_000)} s, ${wrong.length} wrong`,
    '',
    '| where | places | flips | found | unpacking: refused | right | repaired | cannot be | left out |',
    '|---|---|---|---|---|---|---|---|---|',
    ...[...rows].map(([kind, row]) => {
      const { places, flips, found, refused, trees, repaired, notRepaired, left } = row
      return `| ${[kind, places.size, flips, found, refused, trees, repaired, notRepaired, left].join(' | ')} |`
    }),
    '',
    ...wrong.map((line) => line.replaceAll(directory, '')),
    '',
  ].join('\n'),
)
process.exitCode = wrong.length > 0 ? 1 : 0
