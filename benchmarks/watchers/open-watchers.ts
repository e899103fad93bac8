/**
 * Opens watchers of a server, in a process of their own, until the standard input ends. Those that read drop what they
 * read; the others take nothing after the headers.
 *
 *     tsx benchmarks/watchers/open-watchers.ts HOST:PORT TOKEN READING NOT_READING
 */
import { connect } from 'node:net'

const [host = '', token = '', reading = '0', notReading = '0'] = process.argv.slice(2)
const [name = '', port = ''] = host.split(':')
let received = 0

const watch = (reads: boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(port), name)
    socket.once('error', reject)
    socket.once('data', () => {
      if (reads) socket.on('data', (bytes) => (received += bytes.length))
      else socket.pause()
      resolve()
    })
    socket.write(
      `GET /api/v1/events HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}\r\naccept: text/event-stream\r\n\r\n`,
    )
  })

await Promise.all([
  ...Array.from({ length: Number(reading) }, () => watch(true)),
  ...Array.from({ length: Number(notReading) }, () => watch(false)),
])
console.log('open')
process.stdin.resume().once('end', () => {
  console.log(`received ${received}`)
  process.exit(0)
})
