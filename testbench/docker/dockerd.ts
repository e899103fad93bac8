/** Runs a real dockerd with a data directory of its own, for answers to compare with. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerProcess, startServer } from '../harness/server-process.js'

/** Where Debian installs it. */
const program = '/usr/sbin/dockerd'

/** A running dockerd. */
export interface Dockerd {
  /** Path of its socket. */
  readonly socket: string
  stop(): Promise<void>
}

/**
 * Starts dockerd. Returns the reason as text if this machine cannot run it.
 * @param daemonJson - its configuration file
 */
export async function startDockerd(daemonJson = '{}'): Promise<Dockerd | string> {
  if (!existsSync(program)) return `${program} is not installed`
  const directory = await mkdtemp(join(tmpdir(), 'windlass-dockerd-'))
  const at = (name: string): string => join(directory, name)
  await writeFile(at('daemon.json'), daemonJson)
  const server: ServerProcess = startServer(program, [
    ...['--config-file', at('daemon.json'), '--data-root', at('data'), '--exec-root', at('exec')],
    ...['--host', `unix://${at('socket')}`, '--pidfile', at('pid'), '--insecure-registry', '127.0.0.0/8'],
    ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--storage-driver', 'overlay2'],
  ])
  let isStarted = false
  const stop = async (): Promise<void> => {
    // A signal that lets it end its containerd, which has the same output.
    if (isStarted) process.kill(server.pid, 'SIGTERM')
    else await server.stop()
    await server.ended
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
  }
  try {
    await server.waitForLine(/API listen on/)
    await connects(at('socket'))
    isStarted = true
    return { socket: at('socket'), stop }
  } catch (error) {
    await stop()
    return error instanceof Error ? error.message : String(error)
  }
}

const connects = (socket: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const connection = createConnection(socket, () => {
      connection.destroy()
      resolve()
    }).on('error', reject)
  })
