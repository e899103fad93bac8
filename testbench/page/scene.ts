/** A server with a page over a new store, beside an embedded registry, for the page's tests and pictures. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { WindlassClient } from '../../lib/api/client.js'
import { type BuiltImage, type TestRegistry, putImage, startRegistry } from '../../lib/testing/index.js'
import { type RunningServer, serve } from '../../server/index.js'

/** Options of a scene. */
export interface SceneOptions {
  /** Rate of each response of the registry. */
  readonly bytesPerSecond?: number
  readonly maxDownloads?: number
  readonly maxUnpacks?: number
  readonly retryDelay?: number
}

/** A running scene. */
export interface PageScene {
  readonly registry: TestRegistry
  readonly client: WindlassClient
  /** Address of the page, with the token. */
  readonly address: string
  /** Address without the token. */
  readonly origin: string
  /** Puts an image into the registry. Returns the name to pull. */
  put(repository: string, tag: string, image: BuiltImage): Promise<string>
  /** Ends the server and starts it again on the same port and store, with the same token. */
  stop(): Promise<void>
  again(): Promise<void>
  close(): Promise<void>
}

/** Starts a scene. */
export async function startScene(options: SceneOptions = {}): Promise<PageScene> {
  const { bytesPerSecond, maxDownloads = 3, maxUnpacks = 2, retryDelay } = options
  const root = await mkdtemp(path.join(tmpdir(), 'windlass-page-'))
  const registry = await startRegistry(bytesPerSecond === undefined ? {} : { bytesPerSecond })
  const token = 'page-test-token-of-no-value-0123456789'
  let port = 0
  const start = async (): Promise<RunningServer> => {
    const server = await serve({
      listen: [{ kind: 'tcp', host: '127.0.0.1', port }],
      token,
      open: {
        ...{ store: path.join(root, 'store'), maxDownloads, maxUnpacks },
        ...(retryDelay !== undefined && { retryDelay }),
      },
    })
    port = Number(new URL(server.addresses[0]!).port)
    return server
  }
  let server: RunningServer | undefined = await start()
  const origin = `http://127.0.0.1:${port}`
  return {
    ...{ registry, origin, address: `${origin}/#token=${token}` },
    client: new WindlassClient({ url: origin, token }),
    async put(repository, tag, image) {
      await putImage(registry, repository, tag, image)
      return `${registry.host}/${repository}:${tag}`
    },
    async stop() {
      await server?.close()
      server = undefined
    },
    async again() {
      server = await start()
    },
    async close() {
      await server?.close()
      await registry.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}
