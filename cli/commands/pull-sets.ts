/** `windlass pull --all-tags` and `--all-platforms`: several images by one name. */
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import { parseImageName } from '../../lib/image/index.js'
import { printable } from '../../lib/codec/printable.js'
import { documentUnclear } from '../../lib/events/warning-codes.js'
import type { PulledImage } from '../../lib/stages/index.js'
import type { PullOptions, Windlass } from '../../puller/index.js'
import type { TagsWarning } from '../../pipelines/index.js'
import { ReportedFailure } from '../terminal/failure.js'
import { followSet } from './follow-set.js'
import type { ProgressFlags } from '../setup/progress-flags.js'
import { statusLine } from '../render/status-line.js'
import type { Console } from '../terminal/terminal.js'

export interface SetFlags extends ProgressFlags {
  readonly json?: boolean
  readonly failFast?: boolean
}

/** `<name>@<digest>`: what gives exactly this image, whatever becomes of the tag. */
export const pinned = ({ name, digest }: Pick<PulledImage, 'name' | 'digest'>): string =>
  name.endsWith(`@${digest}`) ? name : `${name}@${digest}`

/** What came, without the config, which `inspect --config` gives as it is. */
export const asJson = (image: PulledImage): object => ({ ...image, config: undefined })

/** One line about one image on stdout. */
export const printImage = (image: PulledImage, { json }: SetFlags, { output }: Console): Promise<boolean> =>
  json ? output.json(asJson(image)) : output.line(printable(pinned(image), 2_000))

/** Tells a failure, in both places; its exit code. */
export async function printFailure(
  error: unknown,
  name: string,
  { json }: SetFlags,
  terminal: Console,
): Promise<number> {
  if (json) await terminal.output.json({ name, error: asWindlassError(error).toJSON() })
  return terminal.messages.error(error)
}

/** @throws USAGE for a name that is no bare repository */
export function mustNameRepository(name: string): void {
  const named = parseImageName(name)
  if (named.kind === 'registry' && named.reference.tag === undefined && !named.reference.digest) return
  throw new WindlassError('USAGE', `tag can't be used with --all-tags/-a: ${name}`, {
    reference: name,
    hint: 'Leave out the tag and the digest, or leave out --all-tags.',
  })
}

/** Every tag of a repository. A tag that fails is told, and in the end its exit code is the command's. */
export async function pullTags(
  name: string,
  windlass: Windlass,
  options: PullOptions,
  flags: SetFlags,
  terminal: Console,
): Promise<void> {
  const failFast = flags.failFast ?? false
  let failed: number | undefined
  const told = new Set<unknown>()
  const set = windlass.pullAllTags(name, { ...options, failFast })
  const result = await followSet(set, flags, terminal, {
    pulled: (image) => printImage(image, flags, terminal),
    failed: async (error, started) => {
      // Those that were stopped because another failed have nothing to say for themselves.
      if (asWindlassError(error).code === 'CANCELLED') return
      told.add(error)
      const code = await printFailure(error, started.name, flags, terminal)
      failed ??= code
    },
  }).catch((error: unknown) => {
    const cancelled = asWindlassError(error).code === 'CANCELLED'
    if (failed === undefined || cancelled) throw error
    // That of the tag with `failFast`; else the list of tags failed as well.
    if (!told.has(error)) terminal.messages.error(error)
    throw new ReportedFailure(failed)
  })
  for (const warning of result.warnings) showWarning(warning, flags, terminal)
  // Nothing is known to be up to date of which some could not be pulled.
  const known = result.status === 'newer' || result.failed === 0
  if (!flags.quiet && known) terminal.messages.note(statusLine(result.name, result.status))
  if (failed !== undefined) throw new ReportedFailure(failed)
}

/** A warning about the set as such, as its pulls show theirs. */
function showWarning({ code, message }: TagsWarning, flags: SetFlags, terminal: Console): void {
  if (!flags.quiet && flags.progress !== 'none') terminal.messages.warning(code, message)
}

/** Every platform of an index, under one name. */
export async function pullPlatforms(
  name: string,
  windlass: Windlass,
  options: PullOptions,
  flags: SetFlags,
  terminal: Console,
): Promise<void> {
  const set = windlass.pullAllPlatforms(name, options)
  const silent = { pulled: () => Promise.resolve(), failed: () => Promise.resolve() }
  const index = await followSet(set, flags, terminal, silent)
  const [first, ...more] = index.problems
  if (first !== undefined) {
    const others = more.length > 0 ? `; and ${more.length} more` : ''
    const message = `Entries of the index of ${index.name} are left out: ${first}${others}`
    showWarning({ code: documentUnclear, message }, flags, terminal)
  }
  if (!flags.quiet) terminal.messages.note(statusLine(index.name, index.status))
  if (flags.json) await terminal.output.json({ ...index, images: index.images.map(asJson) })
  else await terminal.output.line(printable(pinned(index), 2_000))
}
