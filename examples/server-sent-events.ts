/**
 * Serves the events of a pull as server-sent events (HTML, 9.2). A client that connects late first receives the events
 * that rebuild the current state. One that reconnects with `Last-Event-ID` receives only the events that it missed.
 *
 *     npx tsx examples/server-sent-events.ts [IMAGE]
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Pull, encodeEvent, open } from 'windlass'
import { exampleImage } from './an-image.js'

const serve = (pull: Pull) =>
  createServer((request, response) => {
    const seen = Number(request.headers['last-event-id'] ?? 0)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const watching = pull.events.subscribe({
      next: (event) => {
        if (event.seq > seen) response.write(`id: ${event.seq}\ndata: ${encodeEvent(event)}\n\n`)
      },
      complete: () => response.end(),
    })
    response.once('close', () => watching.unsubscribe())
  })

/** Reads all events after the event number `last`. Returns their numbers. */
async function watch(port: number, last: number): Promise<readonly number[]> {
  const response = await fetch(`http://127.0.0.1:${port}`, { headers: { 'last-event-id': String(last) } })
  return [...(await response.text()).matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))
}

const { name, store, close } = await exampleImage(process.argv[2])
const windlass = await open({ store })
const pull = windlass.pull(name)
const server = serve(pull).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const { port } = server.address() as AddressInfo

const early = await watch(port, 0)
const late = await watch(port, 0) // the pull has ended: only the events that rebuild its state
const again = await watch(port, early.at(-2) ?? 0)
console.log(`an early watcher: ${early.length} events, the last is ${early.at(-1)}`)
console.log(`a late watcher: ${late.length} events, the last is ${late.at(-1)}`)
console.log(`one that reconnected: ${again.length} event`)
server.close()
await windlass.close()
await close()
