/** Creates the registry client of a puller from its options. */
import {
  type FileHostConfiguration,
  type ImageRegistries,
  Registries,
  hostConfiguration,
} from '../../lib/registry/index.js'
import { MirroredRegistries } from '../hosts/mirrored-registries.js'
import { credentialsFor } from './credentials.js'
import { guardListener } from './guard-listener.js'
import type { OpenOptions } from './options.js'

/** Creates the registry client. Sends no request. @throws USAGE as `credentialsFor` and `Registries` */
export async function registriesFor(options: OpenOptions): Promise<ImageRegistries> {
  const registries = await directRegistries(options)
  const { sources, hosts = configuredHosts(options) } = options
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

async function directRegistries(options: OpenOptions): Promise<Registries> {
  const { ca, insecureTls, plainHttp, userAgent } = options
  const { responseTimeout, stallTimeout, minimumRate } = options
  const { limits, foreignHosts, trustedRealms, bytesPerSecond, onRequest } = options
  return new Registries({
    credentials: await credentialsFor(options),
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
