/** Results of the peers' tests for `Link` headers. */
import { type Table, agreeingTexts, refusedTexts, differingTexts, refused } from '../row.js'

const none = 'none'
const clear = 'The link and its relation are valid; the rest does not concern the next page.'
const ownOrigin =
  'Its path and query are requested from the registry itself, as container-libs does, and not from another host.'

const complex =
  '</path1>; rel="next", </path2> ; rel="next", / ; rel=index , </print>; media=print, /link, /reader; media=reader; type=x'

export const links: Table = {
  title: 'Links to the next page',
  about:
    'The input is the value of `Link` on a page of a list; the meaning is the target of the next page as written, or `none`.',
  rows: [
    ...agreeingTexts('regclient', [
      ['</path>; rel="next"', '/path'],
      [complex, '/path1'],
      ['/ ; rel=next', '/'],
      [
        '</TheBook/chapter2>;\trel="previous"; title*=UTF-8\'de\'letztes%20Kapitel, </TheBook/chapter4>; rel="next"; title*=UTF-8\'de\'n%c3%a4chstes%20Kapitel',
        '/TheBook/chapter4',
      ],
    ]),
    ...refusedTexts('regclient', [
      '</path',
      '</path>; rel="next',
      '\\',
      '/\\',
      '</path>; r*d="nope"',
      '</path>; rel=\\',
      '</path>; rel=a\\b',
    ]),
    ...differingTexts('regclient', [
      ['</path>; rel="next" media="print"', refused, '/path', clear],
      ['</path>; r&d="nope"', refused, '/path', 'A single link without a relation is the next page.'],
    ]),
    ...agreeingTexts('ggcr', [
      ['', none],
      ['<>', none],
      ['</v2/myrepo/tags/list?n=100>', '/v2/myrepo/tags/list?n=100'],
    ]),
    ...refusedTexts('ggcr', ['<', '><']),
    ...differingTexts('ggcr', [
      [
        '<http://169.254.169.254/latest/meta-data/>;rel="next"',
        refused,
        'http://169.254.169.254/latest/meta-data/',
        ownOrigin,
      ],
    ]),
    ...agreeingTexts('oras-go', [
      ['</v2/_catalog?last=alpine&n=1>; rel="next"', '/v2/_catalog?last=alpine&n=1'],
      [
        '</v2/hello-world/tags/list?last=latest&n=1>; rel="next"',
        '/v2/hello-world/tags/list?last=latest&n=1',
      ],
      [
        '<https://localhost:5000/v2/_catalog?last=alpine&n=1>; rel="next"',
        'https://localhost:5000/v2/_catalog?last=alpine&n=1',
      ],
    ]),
    ...refusedTexts('oras-go', ['/v2/_catalog>', '</v2/_catalog']),
    ...differingTexts('oras-go', [
      [
        '<https://localhost:5001/v2/_catalog?last=alpine&n=1>; rel="next"',
        refused,
        'https://localhost:5001/v2/_catalog?last=alpine&n=1',
        ownOrigin,
      ],
      [
        '<http://localhost:5000/v2/_catalog?last=alpine&n=1>; rel="next"',
        refused,
        'http://localhost:5000/v2/_catalog?last=alpine&n=1',
        ownOrigin,
      ],
    ]),
    ...agreeingTexts('container-libs', [
      ['</v2/_catalog?last=f35%2Fs2i-base&n=100>; rel="next"', '/v2/_catalog?last=f35%2Fs2i-base&n=100'],
    ]),
    ...agreeingTexts('distribution', [
      [
        '</v2/test.example.com/repo/tags/list?n=1&last=tag1>; rel="next"',
        '/v2/test.example.com/repo/tags/list?n=1&last=tag1',
      ],
      [
        '<http://127.0.0.1:5000/v2/a/tags/list?n=1&last=b>; rel="next"',
        'http://127.0.0.1:5000/v2/a/tags/list?n=1&last=b',
      ],
    ]),
  ],
}
