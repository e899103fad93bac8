/** `windlass pull` of several names, and `--all-tags` and `--all-platforms`, which pull several images by one name. */
import { WindlassError, asWindlassError } from '../../../lib/errors.js'
import { parseImageName } from '../../../lib/image/index.js'
import { printable } from '../../../lib/codec/printable.js'
import type { ImageResult } from '../../../lib/events/index.js'
import { documentUnclear } from '../../../lib/events/warning-codes.js'
import type { PulledImage } from '../../../lib/stages/index.js'
import type { PullOptions, PullSet, Windlass } from '../../../puller/index.js'
import type { TagsWarning } from '../../../pipelines/index.js'
import { ReportedFailure } from '../../terminal/failure.js'
import { type FollowSetOptions, type Report, followSet } from './follow-set.js'
import type { ProgressFlags } from '../../setup/progress-flags.js'
import { statusLine } from '../../render/status-line.js'
import type { Console } from '../../terminal/terminal.js'

/** Flags that affect the pull of a set and how its results are printed. */
export interface SetFlags extends ProgressFlags {
  readonly json?: boolean
  readonly failFast?: boolean
  readonly concurrency?: number
}

/** Returns `<name>@<digest>`, which refers to exactly this image even if the tag moves. */
export const pinnedName = ({ name, digest }: { readonly name: string; readonly digest: string }): string =>
  name.endsWith(`@${digest}`) ? name : `${name}@${digest}`

/** Returns a pulled image without its config, which `inspect --config` prints byte for byte. */
export const asJson = (image: PulledImage): object => ({ ...image, config: undefined })

/** Prints one line about an image on stdout. Resolves to false if the reader has closed stdout. */
export const printImage = (
  image: PulledImage | ImageResult,
  { json }: Pick<SetFlags, 'json'>,
  { output }: Console,
): Promise<boolean> =>
  json
    ? output.json('config' in image ? asJson(image) : image)
    : output.line(printable(pinnedName(image), 2_000))

/** Reports a failure on stderr and, with `--json`, also on stdout. Returns its exit code. */
export async function printFailure(
  error: unknown,
  name: string,
  { json }: Pick<SetFlags, 'json'>,
  terminal: Console,
): Promise<number> {
  if (json) await terminal.output.json({ name, error: asWindlassError(error).toJSON() })
  return terminal.messages.error(error)
}

/** Checks that `name` is a repository without tag and digest. @throws USAGE if it is not */
export function requireRepository(name: string): void {
  const named = parseImageName(name)
  if (named.kind === 'registry' && named.reference.tag === undefined && !named.reference.digest) return
  throw new WindlassError('USAGE', `tag can't be used with --all-tags/-a: ${name}`, {
    reference: name,
    hint: 'Leave out the tag and the digest, or leave out --all-tags.',
  })
}

/**
 * Pulls every tag of a repository. A tag that fails is reported and, without `--fail-fast`, does not stop the others.
 * @throws ReportedFailure with the exit code of the first tag that failed; any error of listing the tags
 */
export async function pullTags(
  name: string,
  windlass: Windlass,
  options: PullOptions,
  flags: SetFlags,
  terminal: Console,
): Promise<void> {
  const failFast = flags.failFast ?? false
  const set = windlass.pullAllTags(name, { ...options, failFast })
  const { result, failed } = await reportEach(set, flags, terminal, { several: true })
  for (const warning of result.warnings) showWarning(warning, flags, terminal)
  // If a tag failed and no other was new, it is unknown whether the repository is up to date.
  const isStatusKnown = result.status === 'newer' || result.failed === 0
  if (!flags.quiet && isStatusKnown) terminal.messages.note(statusLine(result.name, result.status))
  if (failed !== undefined) throw new ReportedFailure(failed)
}

/**
 * Pulls several names. A name that fails is reported and, without `--fail-fast`, does not stop the others.
 * @throws ReportedFailure with the exit code of the first name that failed
 */
export async function pullNames(
  names: readonly string[],
  windlass: Windlass,
  options: PullOptions,
  flags: SetFlags,
  terminal: Console,
): Promise<void> {
  const { failFast = false, concurrency } = flags
  const set = windlass.pullMany(names, {
    ...{ ...options, failFast },
    ...(concurrency !== undefined && { concurrency }),
  })
  const { failed } = await reportEach(set, flags, terminal, {
    several: names.length > 1,
    expected: names.length,
  })
  if (failed !== undefined) throw new ReportedFailure(failed)
}

/**
 * Shows the pulls of a set, and reports the result of each. Returns the result of the set, and the exit code of the
 * first pull that failed.
 * @throws ReportedFailure if the set fails after a failure was reported; otherwise the error of the set
 */
async function reportEach<Result>(
  set: PullSet<Result>,
  flags: SetFlags,
  terminal: Console,
  options: FollowSetOptions,
): Promise<{ readonly result: Result; readonly failed: number | undefined }> {
  let failed: number | undefined
  let hasCancelledPull = false
  const reported = new Set<unknown>()
  const report: Report = {
    onPulled: (image) => printImage(image, flags, terminal),
    onFailed: async (error, started) => {
      // Pulls that were cancelled because another one failed are not reported.
      if (asWindlassError(error).code === 'CANCELLED') {
        hasCancelledPull = true
        return
      }
      reported.add(error)
      const code = await printFailure(error, started.name, flags, terminal)
      failed ??= code
    },
  }
  const result = await followSet(set, flags, terminal, report, options).catch((error: unknown) => {
    const cancelled = asWindlassError(error).code === 'CANCELLED'
    // The events of the cancelled pull have already reported the cancellation.
    if (cancelled && hasCancelledPull && (flags.progress === 'json' || flags.progress === 'docker'))
      terminal.messages.markReported(error)
    if (failed === undefined || cancelled) throw error
    // With `failFast`, this is the error of a pull and is already reported. Otherwise the tags could not be listed.
    if (!reported.has(error)) terminal.messages.error(error)
    throw new ReportedFailure(failed)
  })
  return { result, failed }
}

/** Shows a warning about the set under the same conditions as the warnings of its pulls. */
function showWarning({ code, message }: TagsWarning, flags: SetFlags, terminal: Console): void {
  if (!flags.quiet && flags.progress !== 'none') terminal.messages.warning(code, message)
}

/** Pulls every platform of an index under one name. Rejects with the error of the first image that fails. */
export async function pullPlatforms(
  name: string,
  windlass: Windlass,
  options: PullOptions,
  flags: SetFlags,
  terminal: Console,
): Promise<void> {
  const set = windlass.pullAllPlatforms(name, options)
  const ignore = { onPulled: () => Promise.resolve(), onFailed: () => Promise.resolve() }
  const index = await followSet(set, flags, terminal, ignore)
  const [first, ...more] = index.problems
  if (first !== undefined) {
    const others = more.length > 0 ? `; and ${more.length} more` : ''
    const message = `Some entries of the index of ${index.name} are skipped: ${first}${others}`
    showWarning({ code: documentUnclear, message }, flags, terminal)
  }
  if (!flags.quiet) terminal.messages.note(statusLine(index.name, index.status))
  if (flags.json) await terminal.output.json({ ...index, images: index.images.map(asJson) })
  else await terminal.output.line(printable(pinnedName(index), 2_000))
}
