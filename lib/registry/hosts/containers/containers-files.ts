/** Reads the files of `registries.conf` that apply to the user. */
import path from 'node:path'
import { exists, type HostFiles } from '../files/host-files.js'
import type { ContainersPlaces } from '../host-places.js'
import type { HostRequest } from '../registry-hosts.js'
import { mergeRegistries, type Registries } from './merge-registries.js'
import {
  parseDropIn,
  parseRecordedAliases,
  parseRegistriesConf,
  type RegistriesConf,
} from './registries-conf.js'

/**
 * Reads the main file, the files of the drop-in directories, and the aliases that Podman recorded.
 *
 * Source: containers-registries.conf(5), containers-registries.conf.d(5), and c/image, `newConfigWrapper`.
 * @throws USAGE when a file is malformed or cannot be read, or a configured one does not exist; CANCELLED
 */
export function readRegistries(files: HostFiles, places: ContainersPlaces, request: HostRequest): Registries {
  const { configured } = places
  const main = mainFile(places)
  const read = [
    configured
      ? files.readRequired(configured.path, parseRegistriesConf, configured.namedBy, request)
      : main && files.read(main, parseRegistriesConf, request),
    ...dropInFiles(files, places, main, request).map((file) => files.read(file, parseDropIn, request)),
    ...places.recordedAliases.map((file) => files.read(file, parseRecordedAliases, request)),
  ]
  return mergeRegistries(read.filter((each): each is RegistriesConf => each !== undefined))
}

const mainFile = ({ userFiles, systemFiles }: ContainersPlaces): string | undefined =>
  [...userFiles, ...systemFiles].find(exists)

/** Returns the files in the order in which they are applied: those of the system, then those of the user. */
function dropInFiles(
  files: HostFiles,
  places: ContainersPlaces,
  main: string | undefined,
  request: HostRequest,
): readonly string[] {
  const { configured, userFiles, userDirectories, systemDirectories } = places
  // The user's own file replaces those of the system.
  const isUsers = configured === undefined && main !== undefined && userFiles.includes(main)
  const byName = new Map<string, string>()
  for (const directory of isUsers ? [] : systemDirectories)
    for (const file of files.list(directory, request)) byName.set(path.basename(file), file)
  const system = [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file)
  const users = userDirectories.flatMap((directory) => files.list(directory, request))
  return [...system, ...users].filter((file) => file.endsWith('.conf'))
}
