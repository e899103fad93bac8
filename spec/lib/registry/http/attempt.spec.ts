import { expect, it } from 'vitest'
import { connectPurpose, failurePrefix } from '../../../../lib/registry/http/attempt.js'
import { Proxy } from '../../../../lib/registry/proxy/proxy.js'

const purpose = 'get the manifest of "alpine:3.20"'
const proxy = new Proxy(new URL('http://user:sesame@proxy.lan:3128'), 'HTTPS_PROXY')

it.each([
  [
    { purpose, url: new URL('https://registry-1.docker.io/v2/') },
    'Failed to get the manifest of "alpine:3.20" from Docker Hub',
  ],
  [
    { purpose, url: new URL('https://quay.io/v2/'), proxy },
    'Failed to get the manifest of "alpine:3.20" from quay.io through the proxy proxy.lan:3128',
  ],
  [{ purpose: connectPurpose, url: new URL('http://127.0.0.1:5000') }, 'Failed to connect to 127.0.0.1:5000'],
])('names what failed, the host and the proxy (%#)', (attempt, message) => {
  expect(failurePrefix(attempt)).toBe(message)
})
