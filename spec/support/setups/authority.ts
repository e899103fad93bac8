/** A certificate authority of a test, with certificates of a server on loopback and of a client. */
import { createServer, type Server } from 'node:https'
import { request as forward } from 'node:http'
import { readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { bash } from '../../../testbench/harness/run-tool.js'

export interface Authority {
  /** PEM text. */
  readonly ca: string
  readonly server: { readonly key: string; readonly cert: string }
  readonly client: { readonly key: string; readonly cert: string }
}

const script = `
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
key ca; openssl req -x509 -new -key ca.key -subj '/CN=Authority of a test' -days 2 -out ca.pem
for name in server client; do
  key "$name"; openssl req -new -key "$name.key" -subj "/CN=$name of a test" -out "$name.csr"
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "$name.ext" -out "$name.pem"
done`

/** Creates the certificates with openssl in an existing directory. */
export async function createAuthority(directory: string): Promise<Authority> {
  const read = (name: string) => readFile(join(directory, name), 'utf8')
  await writeFile(
    join(directory, 'server.ext'),
    'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n',
  )
  await writeFile(join(directory, 'client.ext'), 'extendedKeyUsage=clientAuth\n')
  await bash(directory, script)
  return {
    ca: await read('ca.pem'),
    server: { key: await read('server.key'), cert: await read('server.pem') },
    client: { key: await read('client.key'), cert: await read('client.pem') },
  }
}

export interface MutualTlsFront {
  readonly host: string
  /** Returns the subjects of the client certificates of all requests since the last call, each once. */
  takeSubjects(): readonly string[]
  close(): Promise<void>
}

/** Starts a server that requires a client certificate of the authority, and passes requests on to plain HTTP. */
export async function startMutualTls(authority: Authority, target: string): Promise<MutualTlsFront> {
  let subjects = new Set<string>()
  const options = { ...authority.server, ca: authority.ca, requestCert: true, rejectUnauthorized: true }
  const server: Server = createServer(options, (request, response) => {
    if (request.socket instanceof TLSSocket)
      subjects.add(String(request.socket.getPeerCertificate().subject.CN))
    const { method, headers, url = '/' } = request
    const onward = forward(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeSubjects() {
      const taken = [...subjects]
      subjects = new Set()
      return taken
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
