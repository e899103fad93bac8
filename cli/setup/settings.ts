/** Defines the options that several commands share, and converts them to options of the library. */
import { isAbsolute } from 'node:path'
import type { Command } from 'commander'
import { WindlassError } from '../../lib/errors.js'
import { readOutsideFile } from '../../lib/system/outside-file.js'
import { quoted } from '../../lib/codec/printable.js'
import type { OpenOptions, RegistryCredentials } from '../../puller/index.js'
import { openTable } from '../../puller/options/option-table.js'
import { path, text } from '../../puller/options/option-codecs.js'
import {
  flagSetting,
  listSetting,
  numberOrWordSetting,
  numberSetting,
  secondsSetting,
  setting,
  textSetting,
} from './flags.js'
import type { LimitFlag } from './limit-flag.js'
import { inGroup } from './option-groups.js'
import { type PolicyFlags, policyOption } from './policy-flags.js'
import { readPassword } from './read-password.js'
import type { Terminal } from '../terminal/terminal.js'

/** Values of the options that `addStoreFlags` adds. */
export interface StoreFlags {
  readonly store?: string
}

/** Values of the options that `addNetworkFlags` adds. Timeouts are in milliseconds, rates in bytes per second. */
export interface NetworkFlags {
  readonly plainHttp?: boolean
  readonly tlsSkipVerify?: boolean
  readonly ca?: string
  readonly responseTimeout?: number
  readonly stallTimeout?: number
  readonly minimumRate?: number
  readonly maxRate?: number
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly authfile?: string
  readonly hostsDir?: string
  readonly registriesConf?: string
  readonly sources?: 'ordered' | 'fastest'
  readonly requireSchema1Signatures?: boolean
  readonly trustRealm?: readonly string[]
  readonly foreignHost?: readonly string[]
  readonly verbose?: boolean
}

/** Values of the options that `addTransferFlags` adds. */
export interface TransferFlags {
  readonly maxDownloads?: number | 'auto'
  readonly maxUnpacks?: number
  readonly retries?: number
}

/** Value of the option that `addPartialsFlag` adds, in bytes. */
export interface PartialsFlag {
  readonly keepPartials?: number
}

/** All options that `openOptions` converts. */
export type Settings = StoreFlags & NetworkFlags & TransferFlags & PartialsFlag & LimitFlag & PolicyFlags

/** Adds `--store` to a command. */
export const addStoreFlags = (command: Command): Command =>
  inGroup(command, 'store', (group) =>
    group.addOption(
      textSetting('--store <dir>', {
        ...openTable.store,
        help: `${openTable.store.help} (default: $XDG_DATA_HOME/windlass)`,
      }),
    ),
  )

/** Adds the options for connections, trust and logins to a command. */
export const addNetworkFlags = (command: Command): Command => {
  inGroup(command, 'network', (group) =>
    group
      .addOption(flagSetting('--plain-http', openTable.plainHttp))
      .addOption(secondsSetting('--response-timeout <seconds>', openTable.responseTimeout))
      .addOption(secondsSetting('--stall-timeout <seconds>', openTable.stallTimeout))
      .addOption(numberSetting('--minimum-rate <bytes>', openTable.minimumRate))
      .addOption(numberSetting('--max-rate <bytes>', openTable.bytesPerSecond))
      .addOption(textSetting('--hosts-dir <dir>', openTable.hostsDir))
      .addOption(textSetting('--registries-conf <file>', openTable.registriesConf))
      .addOption(setting('--sources <order>', openTable.sources.help).choices(['ordered', 'fastest'])),
  )
  inGroup(command, 'access', (group) =>
    group
      .addOption(
        textSetting('--username <name>', {
          codec: text,
          help: 'user name for the registry; the password comes from --password-stdin',
        }),
      )
      .option('--password-stdin', 'read the password from stdin (env: WINDLASS_PASSWORD contains it)')
      // Not a setting: the library reads WINDLASS_AUTHFILE itself. Unlike the file of the option, that file may be
      // missing.
      .option('--authfile <file>', `${openTable.authFile.help} (env: WINDLASS_AUTHFILE)`)
      .addOption(textSetting('--ca <file>', { codec: path, help: openTable.ca.help }))
      .addOption(flagSetting('--tls-skip-verify', openTable.insecureTls))
      .addOption(listSetting('--trust-realm <origin>', openTable.trustedRealms))
      .addOption(listSetting('--foreign-host <host>', openTable.foreignHosts))
      .addOption(flagSetting('--require-schema1-signatures', openTable.requireSchema1Signatures)),
  )
  return inGroup(command, 'output', (group) =>
    group.addOption(
      setting('-v, --verbose', 'print a line for each HTTP request on stderr, without secrets'),
    ),
  )
}

/** Adds the options for downloads and unpacking to a command. */
export const addTransferFlags = (command: Command): Command =>
  inGroup(command, 'transfers', (group) =>
    group
      .addOption(numberOrWordSetting('--max-downloads <n|auto>', 'auto', openTable.maxDownloads))
      .addOption(numberSetting('--max-unpacks <n>', openTable.maxUnpacks, 'number of processors'))
      .addOption(numberSetting('--retries <n>', openTable.retries))
      .addOption(partialsSetting()),
  )

/** Adds `--keep-partials` to a command. */
export const addPartialsFlag = (command: Command): Command =>
  inGroup(command, 'store', (group) => group.addOption(partialsSetting()))

const partialsSetting = () => numberSetting('--keep-partials <bytes>', openTable.keepPartials, '1 GiB')

/** Adds `--json` to a command. */
export const addJsonFlag = (command: Command, description: string): Command =>
  inGroup(command, 'output', (group) => group.addOption(setting('--json', description)))

/**
 * Converts `flags` to options of the library. Reads the password and the certificates.
 *
 * @param names images or repositories of the command; a login is used for their registry only
 * @throws USAGE when flags contradict each other or a file cannot be read; CANCELLED when `signal` aborts
 */
export async function openOptions(
  flags: Settings,
  terminal: Terminal,
  names: readonly string[] = [],
  signal?: AbortSignal,
): Promise<OpenOptions> {
  const { store, authfile, maxDownloads, maxUnpacks, retries, stallTimeout, keepPartials } = flags
  const { maxRate, minimumRate, trustRealm, foreignHost, responseTimeout } = flags
  if (authfile !== undefined && !path.is(authfile))
    throw new WindlassError('USAGE', `The option --authfile must be ${path.name}, not ${quoted(authfile)}`)
  for (const file of [flags.ca, authfile, flags.hostsDir, flags.registriesConf])
    if (file !== undefined) requireWorkingDirectory(file)
  const login = await readCredentials(flags, terminal, signal)
  const credentials = login && { [await onlyRegistryOf(names, hostFiles(flags))]: login }
  const policy = policyOption(flags)
  const ca = flags.ca === undefined ? undefined : await readCertificates(flags.ca)
  return {
    ...(store !== undefined && { store }),
    ...(flags.plainHttp && { plainHttp: true }),
    ...(flags.tlsSkipVerify && { insecureTls: true }),
    ...(ca !== undefined && { ca }),
    ...(credentials && { credentials }),
    ...(authfile !== undefined && { authFile: authfile }),
    ...hostFiles(flags),
    ...(flags.sources !== undefined && { sources: flags.sources }),
    ...(flags.requireSchema1Signatures && { requireSchema1Signatures: true }),
    ...(maxDownloads !== undefined && { maxDownloads }),
    ...(maxUnpacks !== undefined && { maxUnpacks }),
    ...(retries !== undefined && { retries }),
    ...(stallTimeout !== undefined && { stallTimeout }),
    ...(responseTimeout !== undefined && { responseTimeout }),
    ...(keepPartials !== undefined && { keepPartials }),
    ...(maxRate !== undefined && { bytesPerSecond: maxRate }),
    ...(minimumRate !== undefined && { minimumRate }),
    ...(trustRealm !== undefined && { trustedRealms: trustRealm }),
    ...(foreignHost !== undefined && { foreignHosts: foreignHost }),
    ...(flags.limit && { limits: flags.limit }),
    ...(policy && { policy }),
  }
}

const hostFiles = ({ hostsDir, registriesConf }: NetworkFlags): OpenOptions => ({
  ...(hostsDir !== undefined && { hostsDir }),
  ...(registriesConf !== undefined && { registriesConf }),
})

/** @throws USAGE when `file` is relative and the working directory does not exist any more */
function requireWorkingDirectory(file: string): void {
  if (!isAbsolute(file)) process.cwd() // throws, see `ensureWorkingDirectory`
}

async function readCredentials(
  { username, passwordStdin }: NetworkFlags,
  terminal: Terminal,
  signal: AbortSignal | undefined,
): Promise<RegistryCredentials | undefined> {
  if (username === undefined && !passwordStdin) return undefined
  if (username === undefined)
    throw new WindlassError('USAGE', 'The option --password-stdin requires --username', {
      hint: 'Add --username NAME.',
    })
  if (passwordStdin) return { username, password: await readPassword(terminal.stdin, signal) }
  const password = terminal.env['WINDLASS_PASSWORD']
  if (password !== undefined) return { username, password }
  throw new WindlassError('USAGE', 'The option --username requires a password', {
    hint: 'Pipe one in with --password-stdin, or set WINDLASS_PASSWORD.',
  })
}

/**
 * Returns the only registry of `names`: a password is sent to one registry only.
 * @throws USAGE when there is not exactly one registry
 */
async function onlyRegistryOf(names: readonly string[], options: OpenOptions): Promise<string> {
  const { registriesNamed } = await import('../../puller/names/meanings.js')
  const registries = new Set(names.flatMap((name) => registriesNamed(name, options)))
  const [only, another] = registries
  if (only !== undefined && another === undefined) return only
  throw new WindlassError(
    'USAGE',
    only === undefined
      ? 'The option --username requires an image of a registry'
      : `The option --username is for one registry, but the images are in several: ${[...registries].join(', ')}`,
    { hint: 'Run the command once for each registry, or use --authfile.' },
  )
}

/** Maximum size of a certificate file in bytes. The certificates of all public authorities take 250 kB. */
const maxCertificateBytes = 16 * 1024 * 1024

function readCertificateFile(file: string): string {
  try {
    return readOutsideFile(file, { maxBytes: maxCertificateBytes, followLink: true }).toString('utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Failed to read the certificates in ${quoted(file)} (--ca): ${reason}`, {
      cause,
      path: file,
    })
  }
}

async function readCertificates(file: string): Promise<string> {
  const { holdsCertificate } = await import('../../pipelines/index.js')
  const text = readCertificateFile(file)
  if (holdsCertificate(text)) return text
  throw new WindlassError('USAGE', `The file ${quoted(file)} (--ca) contains no certificate`, {
    path: file,
    hint: 'It must be in PEM format (-----BEGIN CERTIFICATE-----). Convert a DER file with openssl x509 -inform der.',
  })
}
