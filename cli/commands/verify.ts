/** `windlass verify`: verifies the whole store, prints its problems, and repairs them with `--repair`. */
import type { Command } from 'commander'
import { WindlassError } from '../../lib/errors.js'
import { printable } from '../../lib/codec/printable.js'
import type { StoreProblem, VerifyReport } from '../../pipelines/index.js'
import { formatBytes, formatCount } from '../../lib/quantities.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import {
  addJsonFlag,
  addNetworkFlags,
  type Settings,
  addStoreFlags,
  addTransferFlags,
} from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface VerifyFlags extends Settings {
  readonly repair?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass verify
  windlass verify --repair                     also repair what is damaged
  windlass verify --json | jq '.problems[]'

Compares every blob with its digest, every unpacked layer with its blob, file by
file, and every name and record with its checksum. The exit code is 7 if a
problem was not repaired.`

/** Defines the options and the action of `windlass verify`. */
export function defineVerify(command: Command, terminal: Console): void {
  command.option('--repair', 'fetch damaged or missing content again, from the sources that the names state')
  addJsonFlag(command, 'print one JSON object with the counts and all problems')
  for (const add of [addStoreFlags, addTransferFlags, addNetworkFlags, addLimitFlag]) add(command)
  command.addHelpText('after', examples).action(() => verify(command.opts<VerifyFlags>(), terminal))
}

function verify({ repair = false, json, ...flags }: VerifyFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    const report = await windlass.verify({ repair, signal })
    if (json) await terminal.output.json(report)
    else await terminal.output.write(reportLines(report).join(''))
    const unrepaired = report.problems.filter(({ repaired }) => !repaired)
    if (unrepaired.length > 0) throw damageError(unrepaired.length, windlass.store, repair)
  })
}

function reportLines({
  images,
  blobs,
  bytes,
  trees,
  problems,
  unverifiable,
  unreferenced,
  unexpectedPaths,
}: VerifyReport) {
  const more: [number, (count: number) => string][] = [
    [
      unverifiable.length,
      (count) =>
        `${formatCount(count, 'unpacked layer')} could not be compared: no blob is stored (“windlass pull --no-unpack NAME” fetches it), or this user may not read the tree`,
    ],
    [
      unreferenced?.length ?? 0,
      (count) =>
        `${formatCount(count, 'blob or layer', 'blobs and layers')} without a name; “windlass gc” removes them`,
    ],
    [
      unexpectedPaths.length,
      (count) =>
        `${formatCount(count, 'path')} not of the store: ${printable(unexpectedPaths.slice(0, 5).join(', '), 1_000)}`,
    ],
  ]
  return [
    ...problems.flatMap(problemLines),
    `Verified ${formatCount(images, 'image')}: ${formatCount(blobs, 'blob')} (${formatBytes(bytes)}), ${formatCount(trees, 'unpacked layer')}, ${formatCount(problems.length, 'problem')}\n`,
    ...more.flatMap(([count, line]) => (count > 0 ? `  ${line(count)}\n` : [])),
  ]
}

function problemLines({ kind, digest, path, images, why, repaired, error }: StoreProblem): string[] {
  const state = repaired ? 'repaired' : 'damaged'
  return [
    `${state}  ${[kind, ...(digest ? [digest] : [])].join(' ')}: ${printable(why, 2_000)}\n`,
    `          ${printable(path, 2_000)}${images.length > 0 ? `, needed by ${printable(images.join(', '), 2_000)}` : ''}\n`,
    ...(error ? [`          not repaired: ${printable(error.message, 2_000)}\n`] : []),
    ...(error?.hint === undefined ? [] : [`          ${printable(error.hint, 2_000)}\n`]),
  ]
}

const damageError = (count: number, store: string, repaired: boolean): WindlassError =>
  new WindlassError(
    'STORE_CORRUPT',
    `The store at ${store} has ${formatCount(count, 'damaged or missing object')}`,
    {
      path: store,
      hint: repaired
        ? 'The list above has the reason for each.'
        : 'Fetch them again with “windlass verify --repair”.',
    },
  )
