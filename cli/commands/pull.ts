/** `windlass pull`: pulls images into the store and prints one line for each on stdout. */
import { type Command, Option } from 'commander'
import { WindlassError } from '../../lib/errors.js'
import type { PullOptions, Windlass } from '../../puller/index.js'
import { pullManyTable, pullTable } from '../../puller/options/option-table.js'
import { ReportedFailure } from '../terminal/failure.js'
import { flagSetting, numberSetting, platformSetting, setting, textOption } from '../setup/flags.js'
import { follow, type ProgressFlags, addProgressFlags } from '../setup/progress-flags.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { addTokenFlag } from '../remote/token-flag.js'
import { readNames } from '../setup/names-file.js'
import { addPolicyFlags } from '../setup/policy-flags.js'
import { withWindlass } from '../setup/session.js'
import {
  addJsonFlag,
  addNetworkFlags,
  type Settings,
  addStoreFlags,
  addTransferFlags,
} from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'
import {
  requireRepository,
  printFailure,
  printImage,
  pullNames,
  pullPlatforms,
  pullTags,
} from './sets/pull-sets.js'

interface PullFlags extends Settings, ProgressFlags {
  readonly via?: string | true
  readonly tokenFile?: string
  readonly platform?: string
  readonly allPlatforms?: boolean
  readonly allTags?: boolean
  readonly failFast?: boolean
  readonly file?: readonly string[]
  readonly concurrency?: number
  readonly unpack: boolean
  readonly rootfs?: string
  readonly whiteouts?: 'overlay' | 'aufs'
  readonly discardBlobs?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass pull alpine:3.20
  windlass pull --platform linux/arm64/v8 debian:stable nginx
  windlass pull -f images.txt
  kubectl get pods -A -o jsonpath='{..image}' | tr ' ' '\\n' | windlass pull -f -
  windlass pull --all-tags quay.io/podman/hello
  windlass pull --all-platforms busybox:1.36
  windlass pull --rootfs ./rootfs alpine@sha256:…
  windlass pull -q --json quay.io/podman/hello | jq -r .imageId
  windlass pull --username me --password-stdin registry.example/team/app < token
  windlass pull --via alpine:3.20 nginx         a running “windlass serve” pulls

A file of -f has one image a line; blank lines and comments (#) are ignored, and
- is stdin. Prints <name>@<digest> for each image. An image that fails does not
stop the others, and the exit code is that of the first failure. On Ctrl-C, what
was received is kept, and the next pull resumes it.`

/** What an interrupt does. */
const notice = 'cancelling: what was received is kept, and the next pull resumes it'

/** Defines the arguments, options and action of `windlass pull`. */
export function definePull(command: Command, terminal: Console): void {
  command
    .argument('[image...]', 'image name as for Docker, or oci:DIR[:NAME|:@N]')
    .addOption(
      new Option(
        '-f, --file <file>',
        'also pull the images named in this file (- for stdin); repeatable',
      ).argParser((file: string, before: readonly string[] | undefined) => [...(before ?? []), file]),
    )
    .addOption(platformSetting())
    .addOption(
      new Option('--all-platforms', 'pull the images of all platforms of an index').conflicts([
        'allTags',
        'platform',
        'rootfs',
      ]),
    )
    .addOption(new Option('-a, --all-tags', 'pull all tags of the repository').conflicts('rootfs'))
    .addOption(flagSetting('--fail-fast', pullManyTable.failFast))
    .addOption(numberSetting('--concurrency <n>', pullManyTable.concurrency))
    .option('--no-unpack', 'do not unpack the layers, keep only the blobs')
    .addOption(textOption('--rootfs <dir>', pullTable.rootfs))
    .addOption(setting('--whiteouts <form>', pullTable.whiteouts.help).choices(['overlay', 'aufs']))
    .addOption(flagSetting('--discard-blobs', pullTable.discardBlobs))
    .option('--via [address]', 'let a running “windlass serve” pull (default: WINDLASS_HOST, or its socket)')
  addJsonFlag(command, 'print each result as one line of JSON')
  addTokenFlag(command)
  for (const add of [
    addProgressFlags,
    addStoreFlags,
    addTransferFlags,
    addPolicyFlags,
    addLimitFlag,
    addNetworkFlags,
  ])
    add(command)
  command
    .addHelpText('after', examples)
    .action((images: string[]) =>
      command.opts<PullFlags>().via === undefined
        ? pullAll(images, command.opts<PullFlags>(), terminal)
        : pullAllVia(images, command, terminal),
    )
}

/** Returns a function that reads the names of the images. @throws USAGE */
function namesOf(
  given: readonly string[],
  flags: PullFlags,
  terminal: Console,
): (signal: AbortSignal) => Promise<readonly string[]> {
  const { file: files = [], allTags, rootfs } = flags
  if (given.length === 0 && files.length === 0) throw noImageError('No image is named')
  if (flags.passwordStdin && files.includes('-')) throw stdinTwiceError('-f - and --password-stdin both')
  if (files.filter((file) => file === '-').length > 1) throw stdinTwiceError('Several -f -')
  return async (signal) => {
    const names = [...given, ...(await readNames(files, terminal.stdin, signal))]
    if (names.length === 0) throw noImageError('The list of images has no name')
    if (allTags) names.forEach(requireRepository)
    if (rootfs !== undefined && names.length > 1) throw oneTreeError(names, rootfs)
    return names
  }
}

function pullAll(given: readonly string[], flags: PullFlags, terminal: Console): Promise<void> {
  const { allTags, allPlatforms, rootfs } = flags
  const pull = async (windlass: Windlass, signal: AbortSignal, names: readonly string[]): Promise<void> => {
    const options = optionsOf(flags, signal)
    if (allTags || allPlatforms || rootfs !== undefined)
      await forEachName(names, signal, flags, terminal, (name) =>
        pullName(name, windlass, options, flags, terminal),
      )
    else await pullNames(names, windlass, options, flags, terminal)
  }
  return withWindlass(flags, terminal, namesOf(given, flags, terminal), pull, notice)
}

/** Options that also work through a server, as their keys. The server has its own store, network options and limits. */
const viaOptions: ReadonlySet<string> = new Set([
  ...['via', 'tokenFile', 'file', 'platform', 'concurrency', 'failFast', 'unpack'],
  ...['json', 'progress', 'quiet'],
])

/** Lets a server pull the images. @throws USAGE for an option that the server does not take; errors of `pullVia` */
async function pullAllVia(given: readonly string[], command: Command, terminal: Console): Promise<void> {
  const flags = command.opts<PullFlags>()
  const foreign = command.options.find(
    (option) =>
      !viaOptions.has(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  )
  if (foreign)
    throw new WindlassError(
      'USAGE',
      `The option ${foreign.long ?? foreign.flags} cannot be used with --via`,
      {
        hint: 'The server has its own store and options: give it to “windlass serve”, or pull without --via.',
      },
    )
  const {
    via,
    tokenFile,
    platform,
    unpack,
    failFast = false,
    concurrency = pullManyTable.concurrency.default,
  } = flags
  // The address is optional. What cannot be one is the first image.
  const isAddress = typeof via === 'string' && /^(unix:.*\/|\/|https?:\/\/)/.test(via)
  const images = isAddress || typeof via !== 'string' ? given : [via, ...given]
  const host = isAddress ? via : terminal.env['WINDLASS_HOST']
  let failed: number | undefined
  const { pullVia } = await import('../remote/pull-via.js')
  await pullVia(
    {
      server: { ...(host !== undefined && { host }), ...(tokenFile !== undefined && { tokenFile }) },
      ...{ flags, failFast, concurrency },
      order: { ...(platform !== undefined && { platform }), ...(!unpack && { unpack }) },
      read: namesOf(images, flags, terminal),
      onPulled: (image) => printImage(image, flags, terminal),
      onFailed: async (error, name) => {
        const code = await printFailure(error, name, flags, terminal)
        failed ??= code
      },
    },
    terminal,
  )
  if (failed !== undefined) throw new ReportedFailure(failed)
}

const noImageError = (message: string): WindlassError =>
  new WindlassError('USAGE', message, { hint: 'Name an image, or a file with names: windlass pull -f FILE.' })

const stdinTwiceError = (what: string): WindlassError =>
  new WindlassError('USAGE', `${what} read stdin, which can be read only once`, {
    hint: 'Put the names into a file, or the password into WINDLASS_PASSWORD.',
  })

const oneTreeError = (images: readonly string[], rootfs: string): WindlassError =>
  new WindlassError('USAGE', `The option --rootfs is for one image, but ${images.length} are given`, {
    path: rootfs,
    hint: 'Pull the images first, then unpack each with “windlass unpack IMAGE DIRECTORY”.',
  })

function optionsOf(
  { platform, unpack, rootfs, whiteouts, discardBlobs }: PullFlags,
  signal: AbortSignal,
): PullOptions {
  return {
    ...{ unpack, signal },
    ...(platform !== undefined && { platform }),
    ...(rootfs !== undefined && { rootfs }),
    ...(whiteouts && { whiteouts }),
    ...(discardBlobs && { discardBlobs }),
  }
}

/**
 * Calls `pull` for each name, one after the other. Continues after failures unless `--fail-fast` is given.
 * @throws ReportedFailure with the exit code of the first name that failed
 */
async function forEachName(
  names: readonly string[],
  signal: AbortSignal,
  flags: PullFlags,
  terminal: Console,
  pull: (name: string) => Promise<unknown>,
): Promise<void> {
  let failed: number | undefined
  for (const name of names) {
    try {
      await pull(name)
    } catch (error) {
      const code =
        error instanceof ReportedFailure ? error.exitCode : await printFailure(error, name, flags, terminal)
      failed ??= code
    }
    if (signal.aborted || (flags.failFast && failed !== undefined)) break
  }
  if (failed !== undefined) throw new ReportedFailure(failed)
}

/** Pulls all tags of a name, all its platforms, or one image, and prints the result. */
async function pullName(
  name: string,
  windlass: Windlass,
  options: PullOptions,
  flags: PullFlags,
  terminal: Console,
): Promise<unknown> {
  if (flags.allTags) return pullTags(name, windlass, options, flags, terminal)
  if (flags.allPlatforms) return pullPlatforms(name, windlass, options, flags, terminal)
  return printImage(await follow(windlass.pull(name, options), flags, terminal), flags, terminal)
}
