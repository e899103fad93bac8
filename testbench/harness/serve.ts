/** Runs the built `windlass serve` as a separate process. */
import { fileURLToPath } from 'node:url'
import { WindlassClient } from '../../lib/api/client.js'
import { runTool } from './run-tool.js'
import { type ServerProcess, startServer } from './server-process.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Served extends ServerProcess {
  /** `127.0.0.1:port`. */
  readonly host: string
  readonly url: string
  readonly token: string
  readonly client: WindlassClient
}

let built: Promise<Buffer> | undefined

/** Starts `windlass serve` with a store, on a free port of loopback. Resolves when it listens. */
export async function startServe(store: string, args: readonly string[] = []): Promise<Served> {
  await (built ??= runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root }))
  const main = `${root}dist/cli/main.js`
  const server = startServer(process.execPath, [
    ...[main, 'serve', '--listen', '127.0.0.1:0', '--store', store],
    ...args,
  ])
  try {
    const [, host = '', token = ''] = await server.waitForLine(
      /^Listening on http:\/\/([^/]+)\/#token=(\S+)$/,
    )
    const url = `http://${host}`
    return { ...server, host, url, token, client: new WindlassClient({ url, token }) }
  } catch (error) {
    await server.stop()
    throw error
  }
}
