/** Cases of errors of registries whose body cannot be parsed. */
import { casesOf } from '../case.js'

const document = casesOf('documents')

const refused = (id: string, what: string, body: string) =>
  document(
    `error-${id}`,
    `an image that is not there, told with ${what}`,
    { expected: 'MANIFEST_UNKNOWN', why: 'the status says it; the body only explains' },
    (host) => {
      host.putImage({ tag: 'other' })
      host.registry.hook(({ kind, reference }) =>
        kind === 'manifest' && reference === 'latest'
          ? { status: 404, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) }
          : undefined,
      )
    },
  )

export const errorCases = [
  refused('null', '`errors` that are null', '{"errors":null}'),
  refused('empty', 'no `errors`', '{"errors":[]}'),
  refused('item-null', 'an error that is null', '{"errors":[null]}'),
  refused('code-number', 'a code that is a number', '{"errors":[{"code":404,"message":null,"detail":[]}]}'),
  refused(
    'unknown-code',
    'a code that no specification has',
    '{"errors":[{"code":"NOT_FOUND","message":"repository app not found"}]}',
  ),
  refused('page', 'a page of HTML', '<html><body>404</body></html>'),
  refused('text', 'no body', ''),
]
