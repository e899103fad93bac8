/** Creates the registry client of a puller from its options. */
import {
  type FileHostConfiguration,
  type HostConfiguration,
  type ImageRegistries,
  Registries,
  type ShortNames,
  hostConfiguration,
} from '../../lib/registry/index.js'
import { MirroredRegistries } from '../hosts/mirrored-registries.js'
import { type HelperList, credentialsFor } from './credentials.js'
import { guardListener } from './guard-listener.js'
import type { OpenOptions } from './options.js'

/**
 * Creates the registry client. Sends no request.
 * @param hosts - those of the options
 * @throws USAGE as `credentialsFor` and `Registries`
 */
export async function registriesFor(
  options: OpenOptions,
  hosts: HostConfiguration | false = options.hosts ?? configuredHosts(options),
): Promise<ImageRegistries> {
  const registries = await directRegistries(options, hosts)
  const { sources } = options
  return hosts === false
    ? registries
    : new MirroredRegistries({ registries, hosts, ...(sources && { order: sources }) })
}

/** Returns the hosts that the files on this machine configure, or those that the options name. */
export const configuredHosts = ({ hostsDir, registriesConf }: OpenOptions): FileHostConfiguration =>
  hostConfiguration({
    ...(hostsDir !== undefined && { hostsDir }),
    ...(registriesConf !== undefined && { registriesConf }),
  })

/** Returns the function that reads what the files say about names without a registry; undefined if none are read. */
export function shortNamesOf(
  { shortNames = true }: OpenOptions,
  hosts: HostConfiguration | false,
): (() => ShortNames) | undefined {
  if (!shortNames || hosts === false || !hasShortNames(hosts)) return undefined
  return () => hosts.shortNames()
}

/** Returns the function that reads which credential helpers the files name; undefined if none are read. */
export const helpersOf = (hosts: HostConfiguration | false): HelperList | undefined =>
  hosts !== false && 'credentialHelpers' in hosts
    ? (request) => (hosts as FileHostConfiguration).credentialHelpers(request)
    : undefined

const hasShortNames = (hosts: HostConfiguration): hosts is FileHostConfiguration => 'shortNames' in hosts

async function directRegistries(options: OpenOptions, hosts: HostConfiguration | false): Promise<Registries> {
  const { ca, insecureTls, plainHttp, userAgent } = options
  const { responseTimeout, stallTimeout, minimumRate } = options
  const { limits, foreignHosts, trustedRealms, bytesPerSecond, onRequest } = options
  return new Registries({
    credentials: await credentialsFor(options, process.env, helpersOf(hosts)),
    ...(ca !== undefined && { ca }),
    ...(insecureTls !== undefined && { insecureTls }),
    ...(plainHttp !== undefined && { plainHttp }),
    ...(userAgent !== undefined && { userAgent }),
    timeouts: {
      ...(stallTimeout !== undefined && { stall: stallTimeout }),
      ...(responseTimeout !== undefined && { response: responseTimeout }),
      ...(minimumRate !== undefined && { minimumRate }),
    },
    ...(onRequest && { onRequest: guardListener('onRequest', onRequest, options.onWarning) }),
    ...(limits !== undefined && { limits }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
    ...(foreignHosts !== undefined && { foreignHosts }),
    ...(trustedRealms !== undefined && { trustedRealms }),
  })
}
