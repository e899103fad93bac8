/** Runs the servers of peers, each with its own store: containerd and dockerd. */
import { setTimeout } from 'node:timers/promises'
import type { ServerProcess } from '../../testbench/harness/server-process.js'
import { bench, type PeerHost } from './peer-host.js'

/** A server that is restarted for each run, because a cold store must be unknown to its server too. */
export class Daemon {
  #server: ServerProcess | undefined

  constructor(
    readonly host: PeerHost,
    readonly command: readonly string[],
    readonly ready: readonly string[],
  ) {}

  get pid(): number {
    return this.#server?.pid ?? 0
  }

  async restart(): Promise<void> {
    await this.stop()
    this.#server = this.host.serve(this.command)
    for (let tries = 0; tries < 100; tries++) {
      if (await this.host.run(this.ready).then(Boolean, () => false)) return
      await setTimeout(100)
    }
    throw new Error(`${this.command[0] ?? ''} does not answer:\n${this.#server.lines.slice(-5).join('\n')}`)
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }
}

export const containerdAt = (host: PeerHost, name: string): { daemon: Daemon; address: string } => {
  const address = `/run/${name}.sock`
  const command = [
    'containerd',
    '--root',
    `${bench}/${name}`,
    '--state',
    `/run/${name}`,
    '--address',
    address,
  ]
  return { daemon: new Daemon(host, command, ['ctr', '-a', address, 'version']), address }
}

export interface Dockerd {
  readonly daemon: Daemon
  /** Returns the command that connects a client to the server. */
  readonly client: (...args: readonly string[]) => string[]
}

/** @param address address of its containerd */
export function dockerdAt(host: PeerHost, address: string, options: readonly string[] = []): Dockerd {
  const socket = 'unix:///run/docker.sock'
  const command = [
    ...['dockerd', '--host', socket, '--data-root', `${bench}/docker`, '--exec-root', '/run/docker'],
    ...['--pidfile', '/run/docker.pid', '--containerd', address, '--bridge', 'none', '--iptables=false'],
    ...['--ip6tables=false', '--storage-driver', 'overlay2', ...options],
  ]
  return {
    daemon: new Daemon(host, command, ['docker', '-H', socket, 'version']),
    client: (...args) => ['docker', '-H', socket, ...args],
  }
}
