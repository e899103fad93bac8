/** Faults of the `Link` header that leads to the next page of tags. */
import { faults } from '../fault.js'
import {
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'
import { served, tagsFault } from './tags-fault.js'

/** Budget for one additional page. */
const oneMorePage: FaultChange = { requests: 5 }

/** Sets the `Link` header of the first page. */
const nextLink = (
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
        }, served),
      ),
    more,
  )

/** Reports whether a request outside of `/v2/` had credentials. */
const checkOutside = ({ registry }: FaultScene): readonly string[] =>
  registry.requests.some(
    ({ url, headers }) => /^\/(?!v2\/|token)|%2e/.test(url) && headers['authorization'] !== undefined,
  )
    ? ['credentials were sent outside of /v2/']
    : []

/** Faults of the link to the next page of tags. */
export const tagsLinkFaults: readonly CataloguedFault[] = [
  nextLink(
    'next-elsewhere',
    'has its next page at another origin',
    'tags',
    ({ elsewhere }) => `<${elsewhere.url}/v2/team/app/tags/list?last=v1>; rel="next"`,
    oneMorePage,
  ),
  nextLink(
    'next-same-scheme',
    'has its next page at `//host/…`',
    'tags',
    ({ elsewhere }) => `<//${elsewhere.host}/v2/team/app/tags/list?last=v1>; rel="next"`,
    oneMorePage,
  ),
  nextLink(
    'next-user-info',
    'has its next page at its own origin, with a name and a password',
    'tags',
    ({ registry }) => `<http://someone:secret@${registry.host}/v2/team/app/tags/list?last=v1>; rel=last`,
  ),
  nextLink(
    'next-other-port',
    'has its next page at another port',
    'tags',
    '<http://127.0.0.1:1/v2/team/app/tags/list?last=v1>; rel="next"',
    oneMorePage,
  ),
  nextLink(
    'next-https',
    'has its next page under another scheme',
    'tags',
    ({ registry }) => `<https://${registry.host}/v2/team/app/tags/list?last=v1>; rel="next"`,
    oneMorePage,
  ),
  nextLink(
    'next-file',
    'has its next page in a file',
    'REDIRECT_REFUSED',
    '<file:///etc/passwd>; rel="next"',
  ),
  nextLink(
    'next-metadata',
    'has its next page at a metadata service, so at a path of its own that is not below `/v2/`',
    'UNAUTHORIZED',
    '<http://169.254.169.254/>; rel="next"',
    { ...oneMorePage, check: checkOutside },
  ),
  nextLink(
    'next-outside',
    'has its next page outside of `/v2/`, by way of encoded dots',
    'UNAUTHORIZED',
    '</v2/%2e%2e/admin>; rel="next"',
    { ...oneMorePage, check: checkOutside },
  ),
  nextLink(
    'next-without-name',
    'has a single link that does not say what it is for',
    'tags',
    '</v2/team/app/tags/list?last=v1>',
    oneMorePage,
  ),
  nextLink(
    'next-unclear',
    'has two links that do not say what they are for',
    'REGISTRY_RESPONSE',
    '</v2/team/app/tags/list?last=v1>, </v2/team/app/tags/list?last=v2>',
  ),
  nextLink(
    'next-no-url',
    'has its next page at what is no URL',
    'REGISTRY_RESPONSE',
    '<http://[>; rel="next"',
  ),
  nextLink(
    'next-itself',
    'is its own next page',
    'REGISTRY_RESPONSE',
    ({ registry }) => `<${registry.url}/v2/team/app/tags/list?n=1000>; rel="next"`,
  ),
  nextLink('next-garbage', 'has a link in no words', 'REGISTRY_RESPONSE', '<<<;;;rel=next'),
  nextLink(
    'next-without-relation',
    'has a link that is for something else',
    'tags',
    '</v2/team/app/tags/list?last=v1>; rel="prev"',
  ),
  nextLink('next-huge', 'has a link of 8 KB', 'tags', `<${'/x'.repeat(4000)}>; rel="other"`, {
    bytes: 16 * 1024,
  }),
]
