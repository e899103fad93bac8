/** Runs a real containerd with directories of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runTool } from './run-tool.js'
import { startServer } from './server-process.js'

export interface Containerd {
  /** Runs `ctr`; rejects unless its exit code is 0. */
  readonly ctr: (...args: readonly string[]) => Promise<Buffer>
  readonly stop: () => Promise<void>
}

export async function startContainerd(): Promise<Containerd> {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-containerd-'))
  const at = (name: string): string => join(directory, name)
  await writeFile(at('config.toml'), 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
  const server = startServer('containerd', [
    ...[
      '--config',
      at('config.toml'),
      '--root',
      at('root'),
      '--state',
      at('state'),
      '--address',
      at('socket'),
    ],
  ])
  const ctr = (...args: readonly string[]) => runTool('ctr', ['--address', at('socket'), ...args])
  await server.waitForLine(/successfully booted/)
  // It reports that it has booted before it accepts connections.
  for (let attempt = 0; attempt < 50; attempt++) {
    const isReady = await ctr('version').then(
      () => true,
      () => false,
    )
    if (isReady) break
    await setTimeout(100)
  }
  return {
    ctr,
    async stop() {
      await server.stop()
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
    },
  }
}
