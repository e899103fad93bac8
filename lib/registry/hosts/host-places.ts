/** Lists the places of the files that configure hosts and certificates. */
import { homedir } from 'node:os'
import path from 'node:path'
import type { Environment } from '../policy/environment.js'

/** Settings of `hostConfiguration`. */
export interface HostConfigurationOptions {
  /** Environment variables that name files and directories (default `process.env`). */
  readonly env?: Environment
  /** Home directory of the user (default: that of the process). */
  readonly home?: string
  /** Directory that contains the `etc`, `usr` and `var` of the system (default `/`). */
  readonly root?: string
  /** Directory that is read in place of those of containerd. It must exist. */
  readonly hostsDir?: string
  /** File that is read in place of the `registries.conf` of the user and the system. It must exist. */
  readonly registriesConf?: string
  /** File that is read in place of those of Docker. It must exist. */
  readonly daemonJson?: string
}

/** The places of all files. Those of the user precede those of the system. */
export interface HostPlaces {
  /** Directories with a directory for each registry, as containerd and nerdctl read them. */
  readonly containerd: readonly string[]
}

/** Returns the places of the files. */
export function hostPlaces(options: HostConfigurationOptions): HostPlaces {
  const { env = process.env, home = homedir(), root = '/' } = options
  const config = nonEmpty(env['XDG_CONFIG_HOME']) ?? path.join(home, '.config')
  const etc = path.join(root, 'etc')
  return {
    containerd:
      options.hostsDir === undefined
        ? [path.join(config, 'containerd/certs.d'), path.join(etc, 'containerd/certs.d')]
        : [options.hostsDir],
  }
}

/** Returns undefined for an empty text, which is equivalent to an unset variable. */
const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text)
