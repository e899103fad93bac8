/** Cases of redirects to blob storage with signed URLs. */
import type { RequestListener } from 'node:http'
import { casesOf } from '../case.js'
import type { CaseHost } from '../case-host.js'

const redirects = casesOf('redirects')

const token = { auth: { kind: 'token' } } as const

interface Redirection {
  /** `Location`. ORIGIN stands for the other server, DIGEST for the digest of the blob. */
  readonly location: string
  /** Request targets under which the other server has the blob (the target of `location`). */
  readonly targets?: readonly string[]
  readonly status?: number
}

/** Serves an image whose blobs are on another server that refuses requests with `Authorization`. */
async function redirected(host: CaseHost, { location, targets, status = 307 }: Redirection): Promise<void> {
  host.putImage()
  const accepted = targets ?? [location.replace(/^ORIGIN/, '')]
  const origin = await host.startOtherServer(blobsAt(host, accepted))
  host.registry.hook(({ kind, reference, headers }) => {
    if (kind !== 'blob' || host.bytesOf(reference) === undefined || refused(host, headers)) return undefined
    const filled = location.replace('ORIGIN', origin).replaceAll('DIGEST', reference)
    return { status, headers: { location: filled }, body: Buffer.alloc(0) }
  })
}

/** Reports whether the registry must send a challenge first. */
const refused = (host: CaseHost, headers: Readonly<Record<string, string | undefined>>): boolean =>
  host.requiresLogin && headers['authorization'] === undefined

/** Returns a server that has blobs under these request targets and refuses a second form of authentication. */
const blobsAt =
  (host: CaseHost, targets: readonly string[]): RequestListener =>
  ({ url = '', headers }, response) => {
    const [digest] = /sha256:[0-9a-f]{64}/.exec(url) ?? ['']
    const body = targets.some((target) => target.replaceAll('DIGEST', digest) === url) && host.bytesOf(digest)
    if (headers.authorization !== undefined) response.writeHead(400).end('Only one auth mechanism allowed')
    else if (!body) response.writeHead(403).end('SignatureDoesNotMatch')
    else response.writeHead(200, { 'content-length': body.length }).end(body)
  }

const asItCame = 'RFC 3986 allows these bytes, and a signature is over them'

const location = (
  id: string,
  what: string,
  target: string,
  {
    alternatives = [],
    why = asItCame,
  }: {
    readonly alternatives?: readonly string[]
    readonly why?: string
  } = {},
) =>
  redirects(`location-${id}`, `a redirect whose \`Location\` has ${what}`, { why }, (host) =>
    redirected(host, { location: `ORIGIN${target}`, targets: [target, ...alternatives] }),
  )

const locations = [
  location('encoded-dots', '`%2e%2e` in its path', '/bucket/%2e%2e/DIGEST'),
  location('lower-case-escapes', 'escapes in lower case', '/b%2fc/DIGEST?d=%e2%82%ac&f=%3d'),
  location('single-quotes', 'single quotes', "/b'c/DIGEST?name='x'"),
  location('plus', 'a plus', '/a+b/DIGEST?token=a+b/c=='),
  location('brackets', 'brackets in its query', '/b/DIGEST?filter[0]=a&x[]=1'),
  location('sub-delimiters', 'every sub-delimiter', "/b!$&'()*+,;=:@~/DIGEST?q=!$&'()*+,;=:@/?~"),
  location('double-slash', 'two slashes', '/b//c//DIGEST?x=//'),
  location('empty-parameters', 'parameters without a value and without a name', '/b/DIGEST?a=&b&=c&&d=e'),
  location('bar', 'a bare `|` in its query', '/b/DIGEST?list=a|b', {
    alternatives: ['/b/DIGEST?list=a%7Cb'],
    why: 'as it came, or escaped: no reader mistakes it',
  }),
  location(
    'double-quotes',
    'double quotes in its query, as a file name has them',
    '/b/DIGEST?d=attachment;filename="x"',
    {
      alternatives: ['/b/DIGEST?d=attachment;filename=%22x%22'],
      why: 'as it came, or escaped: no reader mistakes it',
    },
  ),
  location('fragment', 'a fragment', '/b/DIGEST?x=1#part', {
    alternatives: ['/b/DIGEST?x=1'],
    why: 'a fragment is not sent (RFC 9110 §7.1)',
  }),
]

const signed = (id: string, what: string, query: string) =>
  redirects(
    `signed-${id}`,
    `a redirect to a URL that ${what} signed, from a registry that gives tokens`,
    {
      why: 'the signature authenticates; a token beside it is refused, and would be given away',
      registry: token,
    },
    (host) => redirected(host, { location: `ORIGIN/store/DIGEST?${query}` }),
  )

const own = (id: string, what: string, query: string) =>
  redirects(
    `own-origin-${id}`,
    `a redirect to the registry's own origin, outside of /v2/, ${what}; \`Authorization\` is refused there`,
    { why: 'what is outside of /v2/ is another service; the token is not for it', registry: token },
    (host) => {
      host.putImage()
      host.registry.hook(({ kind, reference, headers, url }) => {
        if (url.startsWith('/storage/')) {
          const body = host.bytesOf(/sha256:[0-9a-f]{64}/.exec(url)?.[0] ?? '')
          if (headers['authorization'] !== undefined || body === undefined)
            return { status: 400, headers: {}, body: Buffer.from('Only one auth mechanism allowed') }
          return { status: 200, headers: {}, body }
        }
        if (kind !== 'blob' || refused(host, headers)) return undefined
        return { status: 307, headers: { location: `/storage/${reference}${query}` }, body: Buffer.alloc(0) }
      })
    },
  )

const form = (id: string, what: string, where: string, status?: number) =>
  redirects(`redirect-${id}`, what, { why: 'RFC 9110 §10.2.2 and §15.4 say what it means' }, (host) =>
    redirected(host, {
      location: where,
      targets: ['/store/DIGEST'],
      ...(status !== undefined && { status }),
    }),
  )

export const redirectCases = [
  ...locations,
  signed('by-s3', 'S3', 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb&X-Amz-Signature=0a1b'),
  signed('by-google', 'Google Cloud Storage', 'GoogleAccessId=a@b&Expires=1&Signature=a%2Bb%3D'),
  signed('by-azure', 'Azure', 'se=2024-01-01&sp=r&sv=2019-12-12&sr=b&sig=a%2Bb%3D'),
  own('signed', 'with a signature', '?X-Amz-Signature=0a1b'),
  own('plain', 'without a signature', ''),
  ...[301, 302, 303, 307, 308].map((status) =>
    form(String(status), `blobs that are elsewhere, with status ${status}`, 'ORIGIN/store/DIGEST', status),
  ),
  redirects(
    'redirect-relative',
    'a redirect by a path relative to the blob',
    { why: 'RFC 3986 §5 says what it means' },
    (host) => {
      host.putImage()
      host.registry.hook(({ kind, reference, url }) => {
        const body = url.startsWith('/v2/app/moved/') ? host.bytesOf(url.slice(14)) : undefined
        if (body !== undefined) return { status: 200, headers: {}, body }
        if (kind !== 'blob') return undefined
        return { status: 307, headers: { location: `../moved/${reference}` }, body: Buffer.alloc(0) }
      })
    },
  ),
  redirects(
    'redirect-of-manifest',
    'a redirect of the manifest to another server, and of the blobs',
    { why: 'the digest vouches for the bytes, wherever they are' },
    async (host) => {
      host.putImage()
      const { registry } = host
      const origin = await host.startOtherServer((request, response) => {
        void fetch(`${registry.url}${request.url ?? ''}`, { headers: { 'x-again': '1' } }).then(
          async (answer) => {
            const body = Buffer.from(await answer.arrayBuffer())
            const type = answer.headers.get('content-type') ?? ''
            response
              .writeHead(answer.status, { 'content-type': type, 'content-length': body.length })
              .end(body)
          },
        )
      })
      registry.hook(({ kind, url, headers }) =>
        headers['x-again'] !== undefined || (kind !== 'manifest' && kind !== 'blob')
          ? undefined
          : { status: 307, headers: { location: `${origin}${url}` }, body: Buffer.alloc(0) },
      )
    },
  ),
]
