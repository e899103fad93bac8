/** The ids of pulls that are offered for commands which watch or change the pulls of a running server. */
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { PullRecord } from '../../../lib/api/shapes.js'
import { buildImage, putImage } from '../../../lib/testing/images/index.js'
import { startDockerServer, type DockerServer } from '../../support/docker-server.js'
import { connect } from '../../../cli/remote/server-flags.js'
import { windlass } from '../../support/cli/test-terminal.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const home = temporaryDirectory()

/** The candidates for the last word, each with its description. */
async function offered(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
  const { code, out, err } = await windlass(['complete', '--', ...words], { env: { HOME: home, ...env } })
  expect([code, err]).toEqual([0, ''])
  return out.trimEnd().split('\n').slice(0, -1)
}

describe('the completion of ids of pulls', () => {
  let served: DockerServer
  let running: PullRecord
  let paused: PullRecord
  let failed: PullRecord
  const held: (() => void)[] = []

  beforeAll(async () => {
    served = await startDockerServer({ open: { retries: 1 } })
    const { registry } = served
    for (const name of ['one', 'two']) {
      const image = buildImage({
        layers: [{ entries: [{ path: name, content: name }] }],
        platform: { os: 'linux', architecture: 'amd64' },
      })
      await putImage(registry, `team/${name}`, '1', image)
      const layer = image.layers[0]?.digest
      registry.hook(async ({ reference }) => {
        if (reference === layer) await new Promise<void>((resolve) => held.push(resolve))
        return undefined
      })
    }
    const { client } = connect({ host: `unix:${served.socket}` }, { env: {} })
    const pull = (image: string) => client.pull(`${registry.host}/team/${image}`, { platform: 'linux/amd64' })
    running = await pull('one:1')
    paused = await pull('two:1')
    await client.pause(paused.id)
    failed = await pull('none:1')
    const stateOf = async (wanted: string) => (await client.pulls()).find(({ id }) => id === wanted)?.state
    await vi.waitFor(async () => expect(await stateOf(failed.id)).toBe('failed'), { timeout: 20_000 })
  })
  afterAll(async () => {
    for (const release of held.splice(0)) release()
    await served[Symbol.asyncDispose]()
  })

  const lineOf = ({ id, order }: PullRecord, state: string): string => `${id}\t${order.image} (${state})`
  const at = (command: string, ...words: string[]): readonly string[] => [
    ...[command, '--host', `unix:${served.socket}`, ...words],
  ]

  it('offers those that the command can change, with their images and states', async () => {
    const [one, two, three] = [lineOf(running, 'running'), lineOf(paused, 'paused'), lineOf(failed, 'failed')]
    const sorted = async (command: string) => [...(await offered(at(command, '')))].sort()
    expect(await sorted('pause')).toEqual([one])
    expect(await sorted('resume')).toEqual([two, three].sort())
    for (const command of ['watch', 'cancel']) expect(await sorted(command)).toEqual([one, two].sort())
  })

  it('offers those that start with what is typed', async () => {
    expect(await offered(at('pause', running.id.slice(0, -1)))).toEqual([lineOf(running, 'running')])
    expect(await offered(at('pause', `x${running.id}`))).toEqual([])
  })

  it('offers nothing without a server, and does not wait for one that does not answer', async () => {
    expect(await offered(['pause', '--host', `unix:${path.join(home, 'none.sock')}`, ''])).toEqual([])
    const sockets: Socket[] = []
    const silent = createServer((socket) => void sockets.push(socket))
    const socket = path.join(home, 'silent.sock')
    await new Promise<void>((resolve) => silent.listen(socket, resolve))
    const before = performance.now()
    expect(await offered(['pause', '--host', `unix:${socket}`, ''])).toEqual([])
    expect(performance.now() - before).toBeLessThan(5_000)
    for (const each of sockets) each.destroy()
    await new Promise((resolve) => silent.close(resolve))
  })
})
