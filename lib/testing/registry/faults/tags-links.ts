/** Faults of the `Link` header that leads to the next page of tags. */
import { faults } from '../fault.js'
import {
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'
import { everyPage, tagsFault } from './tags-fault.js'

/** Allows one additional page. */
const twoPagesBudget: FaultChange = { requests: 5 }

/** Defines a fault that sets the `Link` header of the first page. */
const nextLinkFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  link: string | ((scene: FaultScene) => string),
  more: FaultChange = {},
): CataloguedFault =>
  tagsFault(
    name,
    behaviour,
    outcome,
    (scene) =>
      scene.registry.addFault(
        faults.answer((good, { url }) => {
          const value = typeof link === 'function' ? link(scene) : link
          return url.includes('last=') ? undefined : { ...good, headers: { ...good.headers, link: value } }
        }, everyPage),
      ),
    more,
  )

/** Returns a violation if the client sent credentials outside of `/v2/` and the token server. */
const checkOutside = ({ registry }: FaultScene): readonly string[] =>
  registry.requests.some(
    ({ url, headers }) => /^\/(?!v2\/|token)|%2e/.test(url) && headers['authorization'] !== undefined,
  )
    ? ['credentials were sent outside of /v2/']
    : []

/** Faults of the link to the next page of tags. */
export const tagsLinkFaults: readonly CataloguedFault[] = [
  nextLinkFault(
    'next-elsewhere',
    'links to a next page at the other origin',
    'tags',
    ({ elsewhere }) => `<${elsewhere.url}/v2/team/app/tags/list?last=v1>; rel="next"`,
    twoPagesBudget,
  ),
  nextLinkFault(
    'next-same-scheme',
    'links to a next page without a scheme (`//host/…`)',
    'tags',
    ({ elsewhere }) => `<//${elsewhere.host}/v2/team/app/tags/list?last=v1>; rel="next"`,
    twoPagesBudget,
  ),
  nextLinkFault(
    'next-user-info',
    'links to a last page with a user name and a password',
    'tags',
    ({ registry }) => `<http://someone:secret@${registry.host}/v2/team/app/tags/list?last=v1>; rel=last`,
  ),
  nextLinkFault(
    'next-other-port',
    'links to a next page at another port',
    'tags',
    '<http://127.0.0.1:1/v2/team/app/tags/list?last=v1>; rel="next"',
    twoPagesBudget,
  ),
  nextLinkFault(
    'next-https',
    'links to a next page with another scheme',
    'tags',
    ({ registry }) => `<https://${registry.host}/v2/team/app/tags/list?last=v1>; rel="next"`,
    twoPagesBudget,
  ),
  nextLinkFault(
    'next-file',
    'links to a next page with a `file:` URL',
    'REDIRECT_REFUSED',
    '<file:///etc/passwd>; rel="next"',
  ),
  nextLinkFault(
    'next-metadata',
    'links to a next page at a cloud metadata service; the client requests that path, which is outside of `/v2/`, from the registry',
    'UNAUTHORIZED',
    '<http://169.254.169.254/>; rel="next"',
    { ...twoPagesBudget, check: checkOutside },
  ),
  nextLinkFault(
    'next-outside',
    'links to a next page outside of `/v2/` with encoded dots',
    'UNAUTHORIZED',
    '</v2/%2e%2e/admin>; rel="next"',
    { ...twoPagesBudget, check: checkOutside },
  ),
  nextLinkFault(
    'next-without-name',
    'sends a single link without a relation',
    'tags',
    '</v2/team/app/tags/list?last=v1>',
    twoPagesBudget,
  ),
  nextLinkFault(
    'next-unclear',
    'sends two links without a relation',
    'REGISTRY_RESPONSE',
    '</v2/team/app/tags/list?last=v1>, </v2/team/app/tags/list?last=v2>',
  ),
  nextLinkFault(
    'next-no-url',
    'links to a next page with an invalid URL',
    'REGISTRY_RESPONSE',
    '<http://[>; rel="next"',
  ),
  nextLinkFault(
    'next-itself',
    'links to the same page as its next page',
    'REGISTRY_RESPONSE',
    ({ registry }) => `<${registry.url}/v2/team/app/tags/list?n=1000>; rel="next"`,
  ),
  nextLinkFault('next-garbage', 'sends a malformed `Link`', 'REGISTRY_RESPONSE', '<<<;;;rel=next'),
  nextLinkFault(
    'next-without-relation',
    'sends a link with another relation',
    'tags',
    '</v2/team/app/tags/list?last=v1>; rel="prev"',
  ),
  nextLinkFault('next-huge', 'sends a `Link` of 8 kB', 'tags', `<${'/x'.repeat(4000)}>; rel="other"`, {
    bytes: 16 * 1024,
  }),
]
