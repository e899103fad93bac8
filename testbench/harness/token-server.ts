/**
 * Runs a token server for distribution, with tokens signed with RS256 (distribution docs, "Token Authentication").
 */
import { createHash, createPrivateKey, createPublicKey, createSign, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Credentials } from './credentials.js'
import { runTool } from './run-tool.js'

export interface TokenServer {
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** Certificate of the signing key, for `rootcertbundle` of the registry. */
  readonly certificate: string
  /** Scopes of each token request in order. */
  readonly requestedScopes: readonly (readonly string[])[]
  stop(): Promise<void>
}

const service = 'windlass-test-registry'
const issuer = 'windlass-test-issuer'
const lifetimeSeconds = 300

/** Returns libtrust's key id: 30 bytes of the SHA-256 of the public key in base32, in twelve groups of four. */
function keyId(publicKeyDer: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...createHash('sha256').update(publicKeyDer).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => alphabet.charAt(parseInt(five, 2))).join('')
  return (letters.match(/.{4}/g) ?? []).join(':')
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Starts a server that issues tokens only for `credentials`. The key and certificate are created in `directory`. */
export async function startTokenServer(directory: string, credentials: Credentials): Promise<TokenServer> {
  const [keyFile, certificate] = [join(directory, 'token.key'), join(directory, 'token.crt')]
  const subject = ['-subj', `/CN=${issuer}`, '-days', '2']
  await runTool('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    ...subject,
    '-keyout',
    keyFile,
    '-out',
    certificate,
  ])
  const key = createPrivateKey(await readFile(keyFile))
  const kid = keyId(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  const expected = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  const requestedScopes: string[][] = []

  const sign = (scopes: readonly string[]): string => {
    const now = Math.floor(Date.now() / 1000)
    const access = scopes.map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':')
      return { type, name, actions: actions.split(',') }
    })
    const claims = { iss: issuer, sub: credentials.username, aud: service, jti: randomUUID(), access }
    const times = { iat: now, nbf: now - 10, exp: now + lifetimeSeconds }
    const body = `${encode({ typ: 'JWT', alg: 'RS256', kid })}.${encode({ ...claims, ...times })}`
    return `${body}.${createSign('RSA-SHA256').update(body).sign(key).toString('base64url')}`
  }

  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.headers.authorization !== expected) {
      response.writeHead(request.method === 'GET' ? 401 : 405, { 'content-type': 'application/json' })
      return response.end('{"errors":[{"code":"UNAUTHORIZED","message":"no token for you"}]}')
    }
    const query = new URL(request.url ?? '/', 'http://token').searchParams
    const scopes = query
      .getAll('scope')
      .flatMap((scope) => scope.split(' '))
      .filter((scope) => scope !== '')
    requestedScopes.push(scopes)
    response.writeHead(200, { 'content-type': 'application/json' })
    return response.end(JSON.stringify({ token: sign(scopes), expires_in: lifetimeSeconds }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    realm: `http://127.0.0.1:${port}/token`,
    service,
    issuer,
    certificate,
    requestedScopes,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
