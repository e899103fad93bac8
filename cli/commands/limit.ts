/** `windlass limit`: prints the limits of a running server, and changes them. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { LimitChange, ServerLimits } from '../../lib/api/shapes.js'
import { formatBytes } from '../../lib/quantities.js'
import { type ServerFlags, addServerFlags, withServer } from '../remote/server-flags.js'
import { addJsonFlag } from '../setup/settings.js'
import { interruptible, rejectOnAbort } from '../terminal/interrupt.js'
import type { Console } from '../terminal/terminal.js'

interface LimitFlags extends ServerFlags {
  readonly maxDownloads?: number
  readonly maxUnpacks?: number
  /** Infinity: no limit. */
  readonly maxRate?: number
  readonly json?: boolean
}

const examples = `
Examples:
  windlass limit                    print the limits
  windlass limit --max-rate 2M      at most 2 MiB per second, all pulls together
  windlass limit --max-rate none --max-downloads 6

A change applies at once, also to pulls that run, until the server ends. More
downloads start immediately; with fewer, downloads under way continue and no new
one starts until the number is reached.`

/**
 * Defines the options and the action of `windlass limit`. They have no variables: WINDLASS_MAX_RATE and the others are those of a
 * pull, and would change the server by surprise.
 */
export function defineLimit(command: Command, terminal: Console): void {
  command
    .addOption(
      new Option('--max-downloads <n>', 'maximum number of concurrent downloads').argParser(parseCount),
    )
    .addOption(
      new Option('--max-unpacks <n>', 'maximum number of layers unpacked concurrently').argParser(parseCount),
    )
    .addOption(
      new Option(
        '--max-rate <bytes>',
        'bytes per second of all downloads, such as 500K, 2M; none: no limit',
      ).argParser(parseRate),
    )
  addJsonFlag(command, 'print the limits as one JSON object')
  addServerFlags(command)
    .addHelpText('after', examples)
    .action(() => limit(command.opts<LimitFlags>(), terminal))
}

function limit(
  { json = false, maxRate, maxDownloads, maxUnpacks, ...flags }: LimitFlags,
  terminal: Console,
): Promise<void> {
  const change: LimitChange = {
    ...(maxDownloads !== undefined && { maxDownloads }),
    ...(maxUnpacks !== undefined && { maxUnpacks }),
    ...(maxRate !== undefined && { bytesPerSecond: maxRate === Infinity ? null : maxRate }),
  }
  return interruptible(terminal, (signal) =>
    withServer(flags, terminal, async ({ client }) => {
      const isChange = Object.keys(change).length > 0
      const limits = await rejectOnAbort(isChange ? client.setLimits(change) : client.limits(), signal)
      if (json) await terminal.output.json(limits)
      else await terminal.output.write(limitsText(limits))
    }),
  )
}

const limitsText = ({ maxDownloads, maxUnpacks, bytesPerSecond, isAuto }: ServerLimits): string =>
  [
    ['max-downloads', `${maxDownloads}${isAuto ? ' (auto)' : ''}`],
    ['max-unpacks', String(maxUnpacks)],
    ['max-rate', bytesPerSecond === null ? 'none' : `${formatBytes(bytesPerSecond)}/s`],
  ]
    .map(([name = '', value = '']) => `${name.padEnd(13)}  ${value}\n`)
    .join('')

function parseCount(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a whole number of at least 1.')
}

const scales: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/** Parses bytes per second; `none` is Infinity. Units are binary, as those of --limit. */
function parseRate(text: string): number {
  if (text === 'none') return Infinity
  const [, digits = '', scale = '?'] = /^(\d+)([KMG]?)$/.exec(text) ?? []
  const value = Number(digits) * (scales[scale] ?? NaN)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a whole number of at least 1, such as 500K or 2M, or none.')
}
