/** Routes about the server: ping, version, info, disk usage, and the check of a login. */
import { arch, hostname, release, totalmem } from 'node:os'
import type { Context } from 'hono'
import { asWindlassError } from '../../lib/errors.js'
import { hostPlatform } from '../../lib/image/index.js'
import { readBody } from '../api/read-body.js'
import type { ServerParts } from '../api/routes.js'
import type { DockerRoutes } from './bindings.js'
import { dockerImages } from './docker-images.js'
import { DockerError } from './failure.js'
import { apiVersion, minApiVersion } from './paths.js'
import { diskUsage } from './prune.js'
import { AuthConfig, credentialsOf, registryOf } from './registry-auth.js'

const pingHeaders = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  pragma: 'no-cache',
  'builder-version': '',
  swarm: 'inactive',
  'content-type': 'text/plain; charset=utf-8',
}

/** Adds the routes. */
export function systemRoutes(routes: DockerRoutes, parts: ServerParts): void {
  const { windlass, info } = parts
  routes.get('/_ping', (context) =>
    context.req.method === 'HEAD'
      ? context.body(null, 200, { ...pingHeaders, 'content-length': '0' })
      : context.body('OK', 200, pingHeaders),
  )
  routes.get('/version', (context) => context.json(versionShape(info)))
  routes.get('/info', async (context) =>
    context.json(infoShape(info, dockerImages(await windlass.content.describe()).length)),
  )
  routes.get('/system/df', async (context) =>
    context.json(await diskUsage(context.req.queries('type') ?? [], parts)),
  )
  routes.post('/auth', (context) => checkLogin(context, parts))
}

async function checkLogin(context: Context, { windlass }: ServerParts): Promise<Response> {
  const login = await readBody(context, AuthConfig)
  const credentials = credentialsOf(login)
  if (!credentials) throw new DockerError(400, 'no credentials provided')
  const registry = registryOf(login.serveraddress)
  try {
    await windlass.content.checkLogin(registry, credentials, context.req.raw.signal)
  } catch (caught) {
    const { code, message, hint, subject } = asWindlassError(caught)
    if (code === 'UNAUTHORIZED' || code === 'DENIED')
      throw new DockerError(
        401,
        `login attempt to ${subject.url ?? `https://${registry}/v2/`} failed with status: 401 Unauthorized`,
      )
    throw new DockerError(500, hint === undefined ? message : `${message}. ${hint}`)
  }
  return context.json({ Status: 'Login Succeeded', IdentityToken: '' })
}

function versionShape({ version, platform }: ServerParts['info']): Record<string, unknown> {
  const { architecture } = hostPlatform()
  const shared = { GitCommit: '', GoVersion: '', Os: 'linux', Arch: architecture, BuildTime: '' }
  return {
    Platform: { Name: 'Windlass: pulls and keeps images, runs no containers' },
    Components: [
      {
        Name: 'Windlass',
        Version: version,
        Details: {
          ApiVersion: apiVersion,
          MinAPIVersion: minApiVersion,
          Arch: architecture,
          Os: 'linux',
          Platform: platform,
        },
      },
    ],
    Version: version,
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    ...shared,
    KernelVersion: release(),
  }
}

/** Names of processors as the kernel has them, which dockerd shows. */
const kernelArchitectures: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  arm: 'armv7l',
  ia32: 'i686',
}

function infoShape(
  { version, run, store, processors }: ServerParts['info'],
  images: number,
): Record<string, unknown> {
  return {
    ...{
      ID: run,
      Containers: 0,
      ContainersRunning: 0,
      ContainersPaused: 0,
      ContainersStopped: 0,
      Images: images,
    },
    ...{ Driver: 'windlass', DriverStatus: [['Store', store]], DockerRootDir: store },
    Plugins: { Volume: [], Network: [], Authorization: null, Log: [] },
    ...{
      MemoryLimit: false,
      SwapLimit: false,
      CpuCfsPeriod: false,
      CpuCfsQuota: false,
      CPUShares: false,
      CPUSet: false,
    },
    ...{
      PidsLimit: false,
      IPv4Forwarding: false,
      OomKillDisable: false,
      Debug: false,
      NFd: 0,
      NGoroutines: 0,
    },
    ...{
      NEventsListener: 0,
      SystemTime: new Date().toISOString(),
      LoggingDriver: 'none',
      CgroupDriver: 'none',
    },
    ...{ KernelVersion: release(), OperatingSystem: 'Windlass (pulls and keeps images, runs no containers)' },
    ...{
      OSVersion: '',
      OSType: 'linux',
      Architecture: kernelArchitectures[arch()] ?? arch(),
      NCPU: processors,
    },
    ...{ MemTotal: totalmem(), IndexServerAddress: 'https://index.docker.io/v1/' },
    RegistryConfig: {
      IndexConfigs: { 'docker.io': { Name: 'docker.io', Mirrors: [], Secure: true, Official: true } },
      InsecureRegistryCIDRs: ['127.0.0.0/8', '::1/128'],
      Mirrors: [],
    },
    ...{ GenericResources: null, HttpProxy: '', HttpsProxy: '', NoProxy: '', Name: hostname(), Labels: [] },
    ...{
      ExperimentalBuild: false,
      ServerVersion: version,
      Runtimes: {},
      DefaultRuntime: '',
      LiveRestoreEnabled: false,
    },
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    ...{ Isolation: '', InitBinary: '', SecurityOptions: [], CDISpecDirs: [] },
    ...{ ContainerdCommit: { ID: '' }, RuncCommit: { ID: '' }, InitCommit: { ID: '' } },
    Warnings: [],
  }
}
