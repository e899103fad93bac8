/** `windlass sync`: copies the images of a list between registries and layouts, and removes what the list lost. */
import { writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { quoted } from '../../../lib/codec/printable.js'
import { WindlassError } from '../../../lib/errors.js'
import type { SyncList } from '../../../lib/sync/index.js'
import type { SyncPlan, SyncReport } from '../../../pipelines/index.js'
import { copyTable, downloadCount, openTable } from '../../../puller/options/option-table.js'
import { planSyncTable, syncTable } from '../../../puller/sync/sync-options.js'
import { flagSetting, numberSetting, platformSetting, setting } from '../../setup/flags.js'
import { addLimitFlag } from '../../setup/limit-flag.js'
import { addPolicyFlags } from '../../setup/policy-flags.js'
import { type ProgressFlags, addProgressFlags } from '../../setup/progress-flags.js'
import { ask } from '../../setup/prompt.js'
import { withWindlass } from '../../setup/session.js'
import { addJsonFlag, addNetworkFlags, type Settings } from '../../setup/settings.js'
import { ReportedFailure } from '../../terminal/failure.js'
import type { Console } from '../../terminal/terminal.js'
import { followSet } from '../sets/follow-set.js'
import { namesOfList, readSyncList } from './read-list.js'
import { itemLine, printPlan, printReport } from './show-sync.js'

interface SyncFlags extends Settings, ProgressFlags {
  readonly dryRun?: boolean
  readonly delete?: boolean
  readonly yes?: boolean
  readonly scoped?: boolean
  readonly allPlatforms?: boolean
  readonly platform?: string
  readonly referrers?: boolean
  readonly concurrency?: number
  readonly failFast?: boolean
  readonly report?: string
  readonly json?: boolean
}

const examples = `
Examples:
  windlass sync --dry-run sync.yml
  windlass sync --delete regsync.yml
  windlass sync --all-platforms --scoped skopeo.yml registry.example/mirror
  windlass sync skopeo.yml oci:./images

Reads the lists of “skopeo sync”, which need a destination, and of regsync.
Equal images cost only HEAD requests. Goes on after failures; the exit code is
that of the first one. Prints a line for each change. Formats: docs/sync.md.`

/** Defines the arguments, options and action of `windlass sync`. */
export function defineSync(command: Command, terminal: Console): void {
  command
    .argument('<file>', 'list of images, in YAML; - for stdin')
    .argument('[destination]', 'registry, path or oci:DIR, for lists of skopeo')
    .addOption(setting('--dry-run', 'print what would be done, and change nothing'))
    .addOption(flagSetting('--delete', planSyncTable.delete))
    .addOption(new Option('-y, --yes', 'remove tags without asking'))
    .addOption(setting('--scoped', 'keep registry and path below the destination'))
    .addOption(platformSetting())
    .addOption(new Option('--all-platforms', copyTable.allPlatforms.help).conflicts('platform'))
    .addOption(flagSetting('--referrers', copyTable.referrers))
    .addOption(numberSetting('--concurrency <n>', syncTable.concurrency))
    .addOption(flagSetting('--fail-fast', syncTable.failFast))
    .addOption(numberSetting('--max-downloads <n>', { ...downloadCount, help: 'blobs copied at once' }))
    .addOption(numberSetting('--retries <n>', { ...openTable.retries, help: 'attempts at each blob' }))
    .addOption(new Option('--report <file>', 'write the report as JSON to this file'))
  addJsonFlag(command, 'print each item and the summary as a line of JSON')
  for (const add of [addProgressFlags, addPolicyFlags, addLimitFlag, addNetworkFlags]) add(command)
  command
    .addHelpText('after', examples)
    .action((file: string, destination: string | undefined) =>
      sync(file, destination, command.opts<SyncFlags>(), terminal),
    )
}

async function sync(
  file: string,
  destination: string | undefined,
  flags: SyncFlags,
  terminal: Console,
): Promise<void> {
  let list: SyncList | undefined
  const read = async (signal: AbortSignal): Promise<readonly string[]> => {
    const { scoped, allPlatforms, platform, referrers } = flags
    const options = {
      ...(destination !== undefined && { destination }),
      ...(scoped && { scoped }),
      ...(allPlatforms && { allPlatforms }),
      ...(platform !== undefined && { platform }),
      ...(referrers && { referrers }),
    }
    list = await readSyncList(file, options, terminal, signal)
    for (const warning of list.warnings) terminal.messages.warning('list-key-ignored', warning)
    return namesOfList(list)
  }
  await withWindlass(
    flags,
    terminal,
    read,
    async (windlass, signal) => {
      const plan = await windlass.planSync(list!, { signal, ...(flags.delete && { delete: true }) })
      for (const warning of plan.warnings) terminal.messages.warning('sync', warning)
      const failed = reportFailures(plan, terminal)
      if (flags.dryRun) {
        await printPlan(plan, flags.json ?? false, terminal.output)
      } else if (failed === undefined || !flags.failFast) {
        await confirmRemovals(plan, flags, terminal, signal)
        const concurrency = flags.concurrency ?? list!.parallel
        const set = windlass.sync(plan, {
          signal,
          ...(concurrency !== undefined && { concurrency }),
          ...(flags.failFast && { failFast: true }),
        })
        const { copy, replace, referrers } = plan.counts
        const report = await followSet(set, flags, terminal, ignoreEach, {
          expected: copy + replace + referrers,
        })
        await finish(report, plan, flags, terminal)
      }
      if (failed !== undefined) throw new ReportedFailure(failed)
    },
    undefined,
    async (options) => (await import('../../../puller/index.js')).withHostsOf(list!, options),
  )
}

/** The report says how each copy ended. */
const ignoreEach = { onPulled: () => Promise.resolve(), onFailed: () => Promise.resolve() }

/** Reports what failed while the plan was made. Returns the exit code of the first failure. */
function reportFailures({ items }: SyncPlan, { messages }: Console): number | undefined {
  const codes = items.flatMap(({ error }) => (error ? messages.error(WindlassError.from(error)) : []))
  return codes[0]
}

/**
 * Asks whether tags may be removed, after showing them.
 * @throws USAGE without a terminal and without --yes; CANCELLED for another answer than “yes”
 */
async function confirmRemovals(
  { items, counts }: SyncPlan,
  { yes }: SyncFlags,
  terminal: Console,
  signal: AbortSignal,
): Promise<void> {
  if (counts.delete === 0 || yes) return
  const tags = counts.delete === 1 ? '1 tag' : `${counts.delete} tags`
  if (terminal.stdin.isTTY !== true || terminal.stderr.isTTY !== true)
    throw new WindlassError(
      'USAGE',
      `Cannot remove ${tags} without a confirmation: there is no terminal to ask on`,
      {
        hint: 'Look at the plan with --dry-run, then add --yes.',
      },
    )
  for (const item of items) if (item.action === 'delete') terminal.messages.note(itemLine(item))
  const answer = await ask({ text: `Remove ${tags}? Type yes: `, what: 'the confirmation' }, terminal, signal)
  if (answer.trim() === 'yes') return
  throw new WindlassError('CANCELLED', 'Nothing was copied or removed, as the removal was not confirmed')
}

/** Prints and saves the report. @throws ReportedFailure with the exit code of the first item that failed */
async function finish(
  report: SyncReport,
  plan: SyncPlan,
  flags: SyncFlags,
  terminal: Console,
): Promise<void> {
  const planned = new Set(plan.items.flatMap(({ error }) => error ?? []))
  const failures = report.outcomes.flatMap(({ error }) => (error && !planned.has(error) ? error : []))
  const codes = failures.map((error) => terminal.messages.error(WindlassError.from(error)))
  await printReport(report, flags.json ?? false, terminal.output)
  if (flags.report !== undefined) await saveReport(report, flags.report)
  if (codes[0] !== undefined && plan.counts.failed === 0) throw new ReportedFailure(codes[0])
}

async function saveReport(report: SyncReport, file: string): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError(
      'STORE_IO',
      `Failed to write the report to ${quoted(file)} (--report): ${reason}`,
      {
        ...{ cause, path: file, hint: 'The sync itself has ended. Run it again to get the report.' },
      },
    )
  }
}
