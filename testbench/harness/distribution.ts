/** Runs the real distribution server (`docker-registry`) on a free loopback port: open, with Basic, with tokens, or as a proxy. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, htpasswd, type Credentials } from './credentials.js'
import { startServer } from './server-process.js'
import { startTokenServer, type TokenServer } from './token-server.js'

export type RegistryAuth = 'open' | 'basic' | 'token'

export interface DistributionOptions {
  readonly auth?: RegistryAuth
  /** Storage directory. Default: a new directory, which is removed with the server. */
  readonly storage?: string
  /** Refuse uploads. */
  readonly readOnly?: boolean
  /** Accept deletions (true). */
  readonly deletes?: boolean
  /** Serve schema 1: manifests that were pushed as schema 1, and converted ones to clients without schema 2. */
  readonly schema1?: boolean
  /** URL of a registry whose images it fetches and keeps when they are asked for. It then accepts no pushes. */
  readonly proxyOf?: string
}

export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly status: number
  /** Bytes of the body. */
  readonly bytes: number
}

export interface Distribution {
  /** `127.0.0.1:port`. */
  readonly host: string
  readonly pid: number
  /** Directory of the server, removed when it stops. */
  readonly directory: string
  readonly storage: string
  /** The accepted login; undefined if none is required. */
  readonly credentials: Credentials | undefined
  readonly tokens: TokenServer | undefined
  /** Returns all requests answered so far, from the access log. */
  requests(): Promise<readonly LoggedRequest[]>
  stop(): Promise<void>
}

export async function startDistribution(options: DistributionOptions = {}): Promise<Distribution> {
  const { auth = 'open', readOnly = false, deletes = true, schema1 = false } = options
  const directory = await mkdtemp(join(tmpdir(), 'windlass-distribution-'))
  const storage = options.storage ?? join(directory, 'storage')
  const tokens = auth === 'token' ? await startTokenServer(directory, credentials) : undefined
  const configFile = join(directory, 'config.json')
  const htpasswdFile = join(directory, 'htpasswd')
  if (auth === 'basic') await writeFile(htpasswdFile, htpasswd)
  const filesystem = { rootdirectory: storage }
  const config = {
    version: 0.1,
    log: { level: 'info' },
    storage: {
      filesystem,
      delete: { enabled: deletes },
      maintenance: { uploadpurging: { enabled: false }, readonly: { enabled: readOnly } },
    },
    http: { addr: '127.0.0.1:0', secret: 'of a test' },
    compatibility: { schema1: { enabled: schema1 } },
    ...(options.proxyOf === undefined ? {} : { proxy: { remoteurl: options.proxyOf } }),
    ...(auth === 'basic' ? { auth: { htpasswd: { realm: 'windlass', path: htpasswdFile } } } : {}),
    ...(tokens === undefined
      ? {}
      : {
          auth: {
            token: {
              realm: tokens.realm,
              service: tokens.service,
              issuer: tokens.issuer,
              rootcertbundle: tokens.certificate,
            },
          },
        }),
  }
  // The configuration is YAML, which includes JSON.
  await writeFile(configFile, JSON.stringify(config))
  const server = startServer('docker-registry', ['serve', configFile])
  const stop = async (): Promise<void> => {
    await Promise.all([server.stop(), tokens?.stop()])
    await rm(directory, { recursive: true, force: true })
  }
  let markers = 0
  try {
    const [, host = ''] = await server.waitForLine(/listening on (127\.0\.0\.1:\d+)/)
    return {
      host,
      pid: server.pid,
      directory,
      storage,
      credentials: auth === 'open' ? undefined : credentials,
      tokens,
      async requests() {
        // The log is in order: when it contains this request, it contains all earlier ones.
        const marker = `/v2/marker-${++markers}/tags/list`
        await (await fetch(`http://${host}${marker}`)).arrayBuffer()
        await server.waitForLine(new RegExp(`"GET ${marker} `))
        return server.lines.flatMap(requestOf).filter(({ path }) => !path.startsWith('/v2/marker-'))
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Parses a line of the access log in the combined format: `… "GET /v2/ HTTP/1.1" 200 2 …`. */
const requestOf = (line: string): LoggedRequest[] => {
  const match = /"([A-Z]+) (\S+) HTTP\/\d\.\d" (\d{3}) (\d+)/.exec(line)
  if (match === null) return []
  const [, method = '', path = '', status = '', bytes = ''] = match
  return [{ method, path, status: Number(status), bytes: Number(bytes) }]
}
