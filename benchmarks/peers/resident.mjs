/**
 * A program that pulls with the built library and goes on running: `node resident.mjs STORE SOCKET`. A client connects to
 * the socket, sends `fetch REFERENCE…`, `pull REFERENCE…` or `clear`, and reads a line when that is done.
 */
import { createServer } from 'node:net'
import process, { argv } from 'node:process'
import { createInterface } from 'node:readline'
import { open } from '../../dist/puller/index.js'

const [, , store, socket] = argv
const puller = await open({ store, plainHttp: true })
const pulled = new Set()

async function serve(line) {
  if (line === 'clear') {
    await puller.removeAll([...pulled])
    await puller.collect()
    pulled.clear()
    return
  }
  const [work, ...references] = line.split(' ')
  for (const each of references) pulled.add(each)
  await Promise.all(references.map((each) => puller.pull(each, { unpack: work === 'pull' }).done))
}

const server = createServer({ allowHalfOpen: true }, (client) => {
  createInterface({ input: client }).on('line', (line) => {
    serve(line).then(
      () => client.end('done\n'),
      (error) => client.end(`${error}\n`),
    )
  })
})
server.listen(socket, () => process.stdout.write('Listening\n'))
