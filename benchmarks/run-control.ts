/**
 * Measures control over running pulls: how exactly a maximum rate holds over all of them. Bytes are counted where the
 * process reads them from its connections.
 *
 *     npm run bench -- control [--seconds 10]
 */
import { randomBytes } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { formatBytes } from '../lib/quantities.js'
import { buildImage, putImage, startRegistry } from '../lib/testing/index.js'
import { open } from '../puller/index.js'
import { temporary } from './shared/temporary.js'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } })
const seconds = Number(values.seconds)
const wanted = { platform: 'linux/amd64', unpack: false } as const

/** The connections that this process has opened: those of the puller, not those that the registry accepted. */
const sockets: Socket[] = []
subscribe('net.client.socket', (message) => sockets.push((message as { readonly socket: Socket }).socket))
const bytesRead = (): number => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)

/** Returns the bytes that `pulls` concurrent pulls read within `seconds` of the first byte, and of one second later. */
async function readAt(bytesPerSecond: number, pulls: number): Promise<readonly [number, number]> {
  const registry = await startRegistry()
  const directory = await temporary(tmpdir(), 'windlass-control-')
  const windlass = await open({ store: directory, bytesPerSecond, maxDownloads: 6, stallTimeout: 2_000 })
  const bytes = Math.ceil((bytesPerSecond * (seconds + 3) * 1.5) / pulls / 2)
  const running = []
  for (let pull = 0; pull < pulls; pull++) {
    const layers = [bytes, bytes].map((size) => ({ entries: [{ path: 'data', content: randomBytes(size) }] }))
    await putImage(registry, `team/app${pull}`, '1', buildImage({ layers }))
    running.push(windlass.pull(`${registry.host}/team/app${pull}:1`, wanted))
  }
  const before = bytesRead()
  while (bytesRead() - before < 10_000) await sleep(1)
  const fromStart = bytesRead()
  await sleep(1_000)
  const later = bytesRead()
  await sleep((seconds - 1) * 1_000)
  const first = bytesRead() - fromStart
  await sleep(1_000)
  const second = bytesRead() - later
  for (const pull of running) pull.cancel()
  await windlass.close()
  await registry.close()
  return [first, second]
}

const share = (bytes: number, rate: number): string =>
  `${((bytes / (rate * seconds) - 1) * 100).toFixed(1).replace('-', '−')} %`

console.log(`| maximum rate | pulls | from the first byte, ${seconds} s | one second later, ${seconds} s |`)
console.log('|---|---|---|---|')
for (const rate of [200_000, 1_000_000, 5_000_000, 20_000_000])
  for (const pulls of [1, 3]) {
    const [first, second] = await readAt(rate, pulls)
    console.log(`| ${formatBytes(rate)}/s | ${pulls} | ${share(first, rate)} | ${share(second, rate)} |`)
  }
