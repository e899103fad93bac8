/** A token server that issues tokens for an identity token only (distribution docs, "OAuth2 Token Authentication"). */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problem, type TestRegistry } from '../../../lib/testing/registry/index.js'

export interface OAuthServer {
  /** Returns the fields of the forms that were posted since the last call, without the name of the client. */
  take(): readonly Readonly<Record<string, string>>[]
  close(): Promise<void>
}

const service = 'windlass-oauth'

/** Lets `registry` require tokens, which are issued for `identityToken`. */
export async function requireIdentityToken(
  registry: TestRegistry,
  identityToken: string,
): Promise<OAuthServer> {
  const accessToken = 'access-token-of-the-identity'
  let forms: Record<string, string>[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const fields = new URLSearchParams(body)
      fields.delete('client_id')
      const form = Object.fromEntries(fields)
      forms.push(form)
      const isKnown =
        request.method === 'POST' &&
        form['grant_type'] === 'refresh_token' &&
        form['refresh_token'] === identityToken
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isKnown ? { access_token: accessToken, expires_in: 300 } : { errors: [] }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  registry.hook(({ headers, repository }) => {
    if (headers['authorization'] === `Bearer ${accessToken}`) return undefined
    const scope = repository === '' ? '' : `,scope="repository:${repository}:pull"`
    return problem(401, 'UNAUTHORIZED', 'authentication required', {
      'www-authenticate': `Bearer realm="${realm}",service="${service}"${scope}`,
    })
  })
  return {
    take() {
      const taken = forms
      forms = []
      return taken
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
