/** Shows the progress of a simulated pull on its terminal. Its argument is the number of layers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TerminalView } from '../../../cli/render/tty.js'
import { PullEventLog } from '../../../lib/events/index.js'

const layers = Number(process.argv[2])
const digests = Array.from(
  { length: layers },
  (_, index) => `sha256:${String(index).padStart(12, '0').padEnd(64, '0')}`,
)
const channel = new PullEventLog()
process.stderr.write('before\n')
const view = new TerminalView(process.stderr)
const shown = view.add(channel.events).settle()
channel.emit({ type: 'start', reference: 'docker.io/library/test:1', platform: 'linux/amd64' })
channel.emit({
  type: 'plan',
  layers: digests.map((digest) => ({ digest, size: 1000, action: 'download', offset: 0 })),
  bytes: { total: layers * 1000, toDownload: layers * 1000 },
})
const emit = (index: number, status: 'downloading' | 'complete', current: number): void =>
  channel.emit({
    type: 'layer',
    digest: digests[index]!,
    status,
    current,
    total: 1000,
  })
for (let index = 0; index < Math.min(3, layers); index++) emit(index, 'downloading', 500)
// In raw mode, the terminal does not echo the input of the test.
process.stdin.setRawMode(true)
// The test resizes the terminal, reads the screen, and then sends a key.
process.stdin.once('data', () => {
  for (let index = 0; index < layers; index++) emit(index, 'complete', 1000)
  channel.end()
})
await shown
view.close()
process.stderr.write('after\n')
process.stdin.pause()
await sleep(60_000)
