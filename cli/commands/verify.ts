/** `windlass verify`: verifies the whole store, prints its problems, and repairs them with `--repair`. */
import type { Command } from 'commander'
import { WindlassError } from '../../lib/errors.js'
import { printable } from '../../lib/codec/printable.js'
import type { StoreProblem, VerifyReport } from '../../pipelines/index.js'
import { formatBytes } from '../render/quantities.js'
import { limitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import { jsonFlag, networkFlags, type Settings, storeFlags, transferFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface VerifyFlags extends Settings {
  readonly repair?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass verify
  windlass verify --repair                     fetch again what is damaged
  windlass verify --json | jq '.problems[]'

Every blob is held against its digest, every unpacked layer against its blob, file by file, every name and
record against the check that it carries.
Ends with 7 if anything is wrong that was not repaired.`

/** Defines the options and the action of `windlass verify`. */
export function defineVerify(command: Command, terminal: Console): void {
  command.option('--repair', 'bring again what is damaged or missing, from where the names of the images say')
  jsonFlag(command, 'one object: what was looked at, and all problems')
  for (const add of [storeFlags, transferFlags, networkFlags, limitFlag]) add(command)
  command.addHelpText('after', examples).action(() => verify(command.opts<VerifyFlags>(), terminal))
}

function verify({ repair = false, json, ...flags }: VerifyFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass, signal) => {
    const report = await windlass.verify({ repair, signal })
    if (json) await terminal.output.json(report)
    else await terminal.output.write(lines(report).join(''))
    const unrepaired = report.problems.filter(({ repaired }) => !repaired)
    if (unrepaired.length > 0) throw damaged(unrepaired.length, windlass.store, repair)
  })
}

function lines({
  images,
  blobs,
  bytes,
  trees,
  problems,
  unverifiable,
  unreferenced,
  unexpectedPaths,
}: VerifyReport) {
  const more: [number, string][] = [
    [
      unverifiable.length,
      'unpacked layers could not be held against a blob: it is not here (“windlass pull --no-unpack NAME” brings it), or this user may not read them',
    ],
    [unreferenced?.length ?? 0, 'things are needed by no name; “windlass gc” removes them'],
    [
      unexpectedPaths.length,
      `files are not of the store: ${printable(unexpectedPaths.slice(0, 5).join(', '), 1_000)}`,
    ],
  ]
  return [
    ...problems.flatMap(problemLines),
    `Verified ${images} images: ${blobs} blobs (${formatBytes(bytes)}), ${trees} unpacked layers, ${problems.length} problems\n`,
    ...more.flatMap(([count, what]) => (count > 0 ? `  ${count} ${what}\n` : [])),
  ]
}

function problemLines({ kind, digest, path, images, why, repaired, error }: StoreProblem): string[] {
  const state = repaired ? 'repaired' : 'damaged'
  return [
    `${state}  ${[kind, ...(digest ? [digest] : [])].join(' ')}: ${printable(why, 2_000)}\n`,
    `          ${printable(path, 2_000)}${images.length > 0 ? `, of ${printable(images.join(', '), 2_000)}` : ''}\n`,
    ...(error ? [`          not repaired: ${printable(error.message, 2_000)}\n`] : []),
    ...(error?.hint === undefined ? [] : [`          ${printable(error.hint, 2_000)}\n`]),
  ]
}

const damaged = (count: number, store: string, repaired: boolean): WindlassError =>
  new WindlassError(
    'STORE_CORRUPT',
    `Verifying the store: ${count} things are damaged or missing, in ${store}`,
    {
      path: store,
      hint: repaired
        ? 'What could not be brought again is listed with the reason.'
        : 'Bring them again with “windlass verify --repair”.',
    },
  )
