/** Lists the places of the files that configure hosts and certificates. */
import path from 'node:path'
import { homeDirectory } from '../../system/home-directory.js'
import type { Environment } from '../policy/environment.js'

/** Settings of `hostConfiguration`. */
export interface HostConfigurationOptions {
  /** Environment variables that name files and directories (default `process.env`). */
  readonly env?: Environment
  /** Home directory of the user (default: that of the process, which may have none). */
  readonly home?: string
  /** Whether the user is root, which has other files for recorded aliases (default: that of the process). */
  readonly isRoot?: boolean
  /** Directory that contains the `etc`, `usr` and `var` of the system (default `/`). */
  readonly root?: string
  /** Directory that is read in place of those of containerd. It must exist. */
  readonly hostsDir?: string
  /** File that is read in place of all files of `registries.conf`. It must exist. */
  readonly registriesConf?: string
  /** File that is read in place of those of Docker. It must exist. */
  readonly daemonJson?: string
}

/** A file or directory that a setting names, and which must exist. */
export interface ConfiguredPlace {
  readonly path: string
  /** The setting, for messages. */
  readonly namedBy: string
}

/** The places of `registries.conf`. */
export interface ContainersPlaces {
  /** The main file, if a setting names it. */
  readonly configured: ConfiguredPlace | undefined
  /** Main files, the first existing one of which is used: those of the user, then those of the system. */
  readonly userFiles: readonly string[]
  readonly systemFiles: readonly string[]
  /** Directories of drop-in files, the last of which have precedence. */
  readonly userDirectories: readonly string[]
  readonly systemDirectories: readonly string[]
  /** Files in which Podman records the user's choices of short names. */
  readonly recordedAliases: readonly string[]
}

/** The places of all files. Except for drop-in files, the first ones have precedence. */
export interface HostPlaces {
  /** Directories with a directory for each registry, as containerd and nerdctl read them. */
  readonly containerd: readonly string[]
  readonly containers: ContainersPlaces
  /** Files `daemon.json`, the first existing one of which is used. */
  readonly docker: readonly string[]
  /** Directories with certificates in a directory for each host. */
  readonly certificates: readonly string[]
  /** The kinds of files that an option names. */
  readonly explicit: {
    readonly containerd?: ConfiguredPlace
    readonly containers?: ConfiguredPlace
    readonly docker?: ConfiguredPlace
  }
}

/** Returns the places of the files. */
export function hostPlaces(options: HostConfigurationOptions): HostPlaces {
  const {
    env = process.env,
    home = homeDirectory(),
    root = '/',
    hostsDir,
    registriesConf,
    daemonJson,
  } = options
  const etc = path.join(root, 'etc')
  const homeConfig = home === undefined ? [] : [path.join(home, '.config')]
  const xdgConfig = nonEmpty(env['XDG_CONFIG_HOME'])
  const config = xdgConfig === undefined ? homeConfig : [xdgConfig]
  const below = (directories: readonly string[], name: string): string[] =>
    directories.map((directory) => path.join(directory, name))
  return {
    containerd: hostsDir === undefined ? below([...config, etc], 'containerd/certs.d') : [hostsDir],
    containers: registriesConf === undefined ? containersPlaces(options) : onlyFile(registriesConf),
    docker: daemonJson === undefined ? below([...config, etc], 'docker/daemon.json') : [daemonJson],
    certificates: [
      ...new Set([
        ...below([...config, ...homeConfig, etc], 'containers/certs.d'),
        ...below([...config, etc], 'docker/certs.d'),
      ]),
    ],
    explicit: {
      ...(hostsDir !== undefined && { containerd: { path: hostsDir, namedBy: 'The option hostsDir' } }),
      ...(registriesConf !== undefined && { containers: explicitFile(registriesConf) }),
      ...(daemonJson !== undefined && { docker: { path: daemonJson, namedBy: 'The option daemonJson' } }),
    },
  }
}

const explicitFile = (file: string): ConfiguredPlace => ({ path: file, namedBy: 'The option registriesConf' })

const onlyFile = (file: string): ContainersPlaces => ({
  configured: explicitFile(file),
  ...{ userFiles: [], systemFiles: [], userDirectories: [], systemDirectories: [], recordedAliases: [] },
})

function containersPlaces(options: HostConfigurationOptions): ContainersPlaces {
  const { env = process.env, home = homeDirectory(), root = '/' } = options
  const { isRoot = process.getuid?.() === 0 } = options
  const variable = ['CONTAINERS_REGISTRIES_CONF', 'REGISTRIES_CONFIG_PATH'].find((name) =>
    nonEmpty(env[name]),
  )
  const directory = nonEmpty(env['CONTAINERS_REGISTRIES_CONF_DIR'])
  const inHome = (name: string): string | undefined =>
    home === undefined ? undefined : path.join(home, name)
  const users = [nonEmpty(env['XDG_CONFIG_HOME']), inHome('.config')]
    .filter((each) => each !== undefined)
    .map((each) => path.join(each, 'containers/registries.conf'))
  const cache = isRoot ? path.join(root, 'var/cache') : (nonEmpty(env['XDG_CACHE_HOME']) ?? inHome('.cache'))
  return {
    configured: variable === undefined ? undefined : { path: env[variable] ?? '', namedBy: variable },
    userFiles: [...new Set(users)],
    systemFiles: ['etc', 'usr/share'].map((each) => path.join(root, each, 'containers/registries.conf')),
    userDirectories: directory === undefined ? [...new Set(users)].map((file) => `${file}.d`) : [directory],
    systemDirectories:
      directory === undefined
        ? ['usr/share', 'etc'].map((each) => path.join(root, each, 'containers/registries.conf.d'))
        : [],
    recordedAliases: cache === undefined ? [] : [path.join(cache, 'containers/short-name-aliases.conf')],
  }
}

/** Returns undefined for an empty text, which is equivalent to an unset variable. */
const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text)
