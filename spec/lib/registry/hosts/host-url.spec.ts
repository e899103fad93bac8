import { expect, it } from 'vitest'
import { parseHostUrl } from '../../../../lib/registry/hosts/host-url.js'

it.each([
  ['https://mirror.lan', 'https', 'mirror.lan', ''],
  ['http://Mirror.lan:5000/', 'http', 'mirror.lan:5000', ''],
  ['mirror.lan/team/', 'https', 'mirror.lan', '/team'],
  ['mirror.lan:5000', 'https', 'mirror.lan:5000', ''],
  ['https://mirror.lan:443/v2', 'https', 'mirror.lan:443', '/v2'],
  ['http://10.0.0.1:80', 'http', '10.0.0.1:80', ''],
  ['https://[::1]:5000/a/../b//c', 'https', '[::1]:5000', '/b/c'],
  ['https://user:secret@mirror.lan/p?q#f', 'https', 'mirror.lan', '/p'],
  ['httpd.lan', 'https', 'httpd.lan', ''],
])('reads %s', (text, scheme, host, path) => expect(parseHostUrl(text)).toEqual({ scheme, host, path }))

it.each(['', 'ftp://mirror.lan', 'https://', 'https:// a', 'http://a:99999', 'a b'])('rejects %j', (text) =>
  expect(parseHostUrl(text)).toBeUndefined(),
)
