/** Finds the directory in which containerd configures a registry. */
import path from 'node:path'
import type { HostRequest } from '../registry-hosts.js'
import { exists, type HostFiles } from '../files/host-files.js'
import { type HostsToml, parseHostsToml } from './hosts-toml.js'

/** A directory that configures a registry. */
export interface HostDirectory {
  readonly path: string
  /** It is that for all registries without a directory of their own. */
  readonly isDefault: boolean
  /** Undefined if the directory has no `hosts.toml`. It may contain certificates. */
  readonly hostsToml: HostsToml | undefined
}

const defaultName = '_default'

/**
 * Returns the names of the directories of a registry, the first existing one of which is used: `localhost_5000_`,
 * `localhost:5000`, `_default`. Empty if the name cannot be that of a directory.
 *
 * Source: containerd, core/remotes/docker/config/config_unix.go.
 */
export function directoryNames(registry: string): readonly string[] {
  if (registry === '' || registry === defaultName || /[/\\\0]|^\.{1,2}$/.test(registry)) return []
  const [, host, port] = /^(.+):(\d+)$/.exec(registry) ?? []
  return [...(host === undefined ? [] : [`${host}_${port}_`]), registry, defaultName]
}

/**
 * Returns the directory of a registry in the first of `roots` that has one; undefined if none has.
 * @throws USAGE when its `hosts.toml` is malformed or cannot be read
 */
export function findHostDirectory(
  files: HostFiles,
  roots: readonly string[],
  registry: string,
  request: HostRequest,
): HostDirectory | undefined {
  for (const root of roots)
    for (const name of directoryNames(registry)) {
      const directory = path.join(root, name)
      if (!exists(directory)) continue
      const hostsToml = files.read(path.join(directory, 'hosts.toml'), parseHostsToml, request)
      return { path: directory, isDefault: name === defaultName, hostsToml }
    }
  return undefined
}
