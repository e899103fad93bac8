/** Faults of redirect targets at another origin, and of redirects back from there. */
import { answer, problem } from '../answer.js'
import { faults } from '../fault.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const redirect = faultsOf('redirect')
const failed = { requests: 7, bytes: 16 * 1024 }

/** Reports whether a request for the large layer had credentials after a redirect back from the other origin. */
const checkReturn = ({ registry }: FaultScene): readonly string[] =>
  registry.requests.some(({ url, headers }) => url.includes('back') && headers['authorization'] !== undefined)
    ? ['credentials were attached again after coming back']
    : []

const abroad = [
  redirect(
    'back',
    'sends for a blob elsewhere, which sends back',
    'UNAUTHORIZED',
    ({ registry, elsewhere, layer, signedUrl }) => {
      registry.addFault(
        faults.answer(
          (_, { url }) => (url.includes('back') ? undefined : answer(307, { location: signedUrl })),
          {
            reference: layer,
          },
        ),
      )
      elsewhere.addFault(
        faults.redirect(`${registry.url}/v2/team/app/blobs/${layer}?back`, { reference: layer }),
      )
    },
    { ...failed, requests: 8, elsewhere: 1, check: checkReturn },
  ),
  redirect(
    'loop-between',
    'sends for a blob elsewhere, which sends back, for ever',
    'REDIRECT_REFUSED',
    ({ registry, elsewhere, layer, signedUrl }) => {
      registry.addFault(faults.redirect(signedUrl, { reference: layer }))
      elsewhere.addFault(
        faults.redirect(`${registry.url}/v2/team/app/blobs/${layer}?back`, { reference: layer }),
      )
    },
    { requests: 8, elsewhere: 1, bytes: 16 * 1024, check: checkReturn },
  ),
  redirect(
    'cookie',
    'sends for a blob elsewhere, where a cookie is set',
    'image',
    ({ registry, elsewhere, layer, signedUrl }) => {
      registry.addFault(faults.redirect(signedUrl, { reference: layer }))
      elsewhere.addFault(faults.header('set-cookie', 'a=b; Path=/'))
      registry.addFault(faults.header('set-cookie', 'a=b; Path=/', { kind: 'any' }))
    },
    { elsewhere: 1 },
  ),
]

/** Redirects the large layer to the other origin, which then fails. */
const target = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  install: (scene: FaultScene) => void,
  change: FaultChange = { ...failed, elsewhere: 1 },
): CataloguedFault =>
  redirect(
    `target-${name}`,
    behaviour,
    outcome,
    (scene) => {
      scene.registry.addFault(faults.redirect(scene.signedUrl, { reference: scene.layer }))
      install(scene)
    },
    change,
  )

const forever = { times: Infinity } as const
const places = [
  target(
    'challenges',
    'the other origin asks for a login, at a token server of its own',
    'UNAUTHORIZED',
    ({ elsewhere }) =>
      elsewhere.addFault(
        faults.answer(
          problem(401, 'UNAUTHORIZED', 'log in', {
            'www-authenticate': `Bearer realm="${elsewhere.url}/token"`,
          }),
        ),
      ),
  ),
  target('wants-basic', 'the other origin asks for a Basic login', 'UNAUTHORIZED', ({ elsewhere }) =>
    elsewhere.addFault(
      faults.answer(problem(401, 'UNAUTHORIZED', 'x', { 'www-authenticate': 'Basic realm="x"' })),
    ),
  ),
  target('expired', 'the signature has expired', 'DENIED', ({ elsewhere }) =>
    elsewhere.addFault(faults.status(403, forever)),
  ),
  target('missing', 'the other origin does not have the blob', 'BLOB_UNKNOWN', ({ elsewhere }) =>
    elsewhere.addFault(faults.status(404, forever)),
  ),
  target(
    'broken',
    'the other origin answers 503',
    'REGISTRY_UNAVAILABLE',
    ({ elsewhere }) => elsewhere.addFault(faults.status(503, forever)),
    { requests: 9, elsewhere: 3, bytes: 16 * 1024 },
  ),
  target(
    'tells-back',
    'the other origin tells back the signed address',
    'DENIED',
    ({ elsewhere, signedUrl }) =>
      elsewhere.addFault(faults.answer(problem(403, 'DENIED', `no ${signedUrl}`))),
  ),
  target(
    'truncates',
    'the other origin breaks off once',
    'image',
    ({ elsewhere, size, random }) => elsewhere.addFault(faults.truncate(random(size))),
    { requests: 8, elsewhere: 2 },
  ),
  target(
    'resets',
    'the other origin resets once',
    'image',
    ({ elsewhere, size, random }) => elsewhere.addFault(faults.reset(random(size))),
    { requests: 8, elsewhere: 2, bytes: 220 * 1024 },
  ),
  target(
    'wrong-bytes',
    'the other origin has other bytes',
    'DIGEST_MISMATCH',
    ({ elsewhere, size, random }) => elsewhere.addFault(faults.wrongByte(random(size), forever)),
    { elsewhere: 1 },
  ),
  target('page', 'the other origin answers with a login page', 'SIZE_MISMATCH', ({ elsewhere }) =>
    elsewhere.addFault(
      faults.answer({
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: Buffer.from('<html>Log in'),
      }),
    ),
  ),
]

const downgrade = redirect(
  'https-to-http',
  'speaks TLS and sends for a blob to plain HTTP',
  'REDIRECT_REFUSED',
  ({ registry, signedUrl, layer }) => registry.addFault(faults.redirect(signedUrl, { reference: layer })),
  { ...failed, setting: { tls: {}, elsewhere: 'http' }, requests: 8 },
)

const manifests = [
  redirect(
    'manifest',
    'sends for the manifest elsewhere',
    'image',
    ({ registry, elsewhere }) =>
      registry.addFault(
        faults.answer(
          (good) =>
            good.status === 200
              ? answer(307, { location: `${elsewhere.url}/v2/team/app/manifests/v1` })
              : undefined,
          { kind: 'manifest' },
        ),
      ),
    { elsewhere: 1 },
  ),
  redirect(
    'manifest-loop',
    'sends for the manifest in a circle',
    'REDIRECT_REFUSED',
    ({ registry }) => registry.addFault(faults.redirect('/v2/team/app/manifests/v1', { kind: 'manifest' })),
    { requests: 2, bytes: 8192 },
  ),
  redirect(
    'manifest-file',
    'sends for the manifest to a file',
    'REDIRECT_REFUSED',
    ({ registry }) => registry.addFault(faults.redirect('file:///etc/passwd', { kind: 'manifest' })),
    { requests: 2, bytes: 8192 },
  ),
  redirect(
    'manifest-refused-elsewhere',
    'sends for the manifest elsewhere, where a login is wanted',
    'UNAUTHORIZED',
    ({ registry, elsewhere }) => {
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/team/app/manifests/v1`, { kind: 'manifest' }))
      elsewhere.addFault(
        faults.answer(
          problem(401, 'UNAUTHORIZED', 'x', { 'www-authenticate': `Bearer realm="${registry.url}/token"` }),
          { kind: 'manifest' },
        ),
      )
    },
    { requests: 2, elsewhere: 1, bytes: 8192 },
  ),
  redirect(
    'config',
    'sends for the config elsewhere',
    'image',
    ({ registry, elsewhere, config }) =>
      registry.addFault(
        faults.redirect(`${elsewhere.url}/v2/team/app/blobs/${config}`, { reference: config }),
      ),
    { elsewhere: 1 },
  ),
]

/** Faults of redirects to another origin. */
export const abroadFaults: readonly CataloguedFault[] = [...abroad, ...places, downgrade, ...manifests]
