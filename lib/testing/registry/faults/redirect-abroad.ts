/** Faults of redirect targets at another origin, and of redirects back from there. */
import { answer, problem } from '../answer.js'
import { faults } from '../fault.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const redirectFault = faultDefiner('redirect')
/** Traffic of a pull that fails at the redirect, before the large layer is sent. */
const refusalBudget = { requests: 7, bytes: 16 * 1024 }

/** Returns a violation if the client sent credentials after a redirect back from the other origin. */
const checkReturn = ({ registry }: FaultScene): readonly string[] =>
  registry.requests.some(({ url, headers }) => url.includes('back') && headers['authorization'] !== undefined)
    ? ['credentials were sent after a redirect back from the other origin']
    : []

const returnFaults = [
  redirectFault(
    'back',
    'redirects a blob to the other origin, which redirects back',
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
    { ...refusalBudget, requests: 8, elsewhere: 1, check: checkReturn },
  ),
  redirectFault(
    'loop-between',
    'redirects a blob to the other origin, which redirects back, in a loop',
    'REDIRECT_REFUSED',
    ({ registry, elsewhere, layer, signedUrl }) => {
      registry.addFault(faults.redirect(signedUrl, { reference: layer }))
      elsewhere.addFault(
        faults.redirect(`${registry.url}/v2/team/app/blobs/${layer}?back`, { reference: layer }),
      )
    },
    { requests: 8, elsewhere: 1, bytes: 16 * 1024, check: checkReturn },
  ),
  redirectFault(
    'cookie',
    'redirects a blob to the other origin; both set a cookie',
    'image',
    ({ registry, elsewhere, layer, signedUrl }) => {
      registry.addFault(faults.redirect(signedUrl, { reference: layer }))
      elsewhere.addFault(faults.header('set-cookie', 'a=b; Path=/'))
      registry.addFault(faults.header('set-cookie', 'a=b; Path=/', { kind: 'any' }))
    },
    { elsewhere: 1 },
  ),
]

/** Defines a fault that redirects the large layer to the other origin, where `install` installs a second fault. */
const targetFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  install: (scene: FaultScene) => void,
  change: FaultChange = { ...refusalBudget, elsewhere: 1 },
): CataloguedFault =>
  redirectFault(
    `target-${name}`,
    behaviour,
    outcome,
    (scene) => {
      scene.registry.addFault(faults.redirect(scene.signedUrl, { reference: scene.layer }))
      install(scene)
    },
    change,
  )

const always = { times: Infinity } as const
const targetFaults = [
  targetFault(
    'challenges',
    'redirects a blob to the other origin, which requires a token of its own token server',
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
  targetFault(
    'wants-basic',
    'redirects a blob to the other origin, which requires a Basic login',
    'UNAUTHORIZED',
    ({ elsewhere }) =>
      elsewhere.addFault(
        faults.answer(problem(401, 'UNAUTHORIZED', 'x', { 'www-authenticate': 'Basic realm="x"' })),
      ),
  ),
  targetFault(
    'expired',
    'redirects a blob to the other origin, which responds with 403, as for an expired signature',
    'DENIED',
    ({ elsewhere }) => elsewhere.addFault(faults.status(403, always)),
  ),
  targetFault(
    'missing',
    'redirects a blob to the other origin, which responds with 404',
    'BLOB_UNKNOWN',
    ({ elsewhere }) => elsewhere.addFault(faults.status(404, always)),
  ),
  targetFault(
    'broken',
    'redirects a blob to the other origin, which responds with 503',
    'REGISTRY_UNAVAILABLE',
    ({ elsewhere }) => elsewhere.addFault(faults.status(503, always)),
    { requests: 9, elsewhere: 3, bytes: 16 * 1024 },
  ),
  targetFault(
    'tells-back',
    'redirects a blob to the other origin, whose error message contains the signed URL',
    'DENIED',
    ({ elsewhere, signedUrl }) =>
      elsewhere.addFault(faults.answer(problem(403, 'DENIED', `no ${signedUrl}`))),
  ),
  targetFault(
    'truncates',
    'redirects a blob to the other origin, which closes the connection once in the middle',
    'image',
    ({ elsewhere, size, random }) => elsewhere.addFault(faults.truncate(random(size))),
    { requests: 8, elsewhere: 2 },
  ),
  targetFault(
    'resets',
    'redirects a blob to the other origin, which resets the connection once in the middle',
    'image',
    ({ elsewhere, size, random }) => elsewhere.addFault(faults.reset(random(size))),
    { requests: 8, elsewhere: 2, bytes: 220 * 1024 },
  ),
  targetFault(
    'wrong-bytes',
    'redirects a blob to the other origin, which sends a wrong byte',
    'DIGEST_MISMATCH',
    ({ elsewhere, size, random }) => elsewhere.addFault(faults.wrongByte(random(size), always)),
    { elsewhere: 1 },
  ),
  targetFault(
    'page',
    'redirects a blob to the other origin, which sends a login page',
    'SIZE_MISMATCH',
    ({ elsewhere }) =>
      elsewhere.addFault(
        faults.answer({
          status: 200,
          headers: { 'content-type': 'text/html' },
          body: Buffer.from('<html>Log in'),
        }),
      ),
  ),
]

const downgradeFault = redirectFault(
  'https-to-http',
  'uses TLS and redirects a blob to plain HTTP',
  'REDIRECT_REFUSED',
  ({ registry, signedUrl, layer }) => registry.addFault(faults.redirect(signedUrl, { reference: layer })),
  { ...refusalBudget, setting: { tls: {}, elsewhere: 'http' }, requests: 8 },
)

const documentFaults = [
  redirectFault(
    'manifest',
    'redirects the manifest to the other origin',
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
  redirectFault(
    'manifest-loop',
    'redirects the manifest in a loop',
    'REDIRECT_REFUSED',
    ({ registry }) => registry.addFault(faults.redirect('/v2/team/app/manifests/v1', { kind: 'manifest' })),
    { requests: 2, bytes: 8192 },
  ),
  redirectFault(
    'manifest-file',
    'redirects the manifest to a `file:` URL',
    'REDIRECT_REFUSED',
    ({ registry }) => registry.addFault(faults.redirect('file:///etc/passwd', { kind: 'manifest' })),
    { requests: 2, bytes: 8192 },
  ),
  redirectFault(
    'manifest-refused-elsewhere',
    'redirects the manifest to the other origin, which requires a login',
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
  redirectFault(
    'config',
    'redirects the config to the other origin',
    'image',
    ({ registry, elsewhere, config }) =>
      registry.addFault(
        faults.redirect(`${elsewhere.url}/v2/team/app/blobs/${config}`, { reference: config }),
      ),
    { elsewhere: 1 },
  ),
]

/** Faults of redirects to another origin. */
export const redirectAbroadFaults: readonly CataloguedFault[] = [
  ...returnFaults,
  ...targetFaults,
  downgradeFault,
  ...documentFaults,
]
