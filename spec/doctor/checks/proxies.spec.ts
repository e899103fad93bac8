import { expect, it } from 'vitest'
import { checkProxies } from '../../../doctor/checks/proxies.js'
import { findingsOf, told } from '../../support/examination.js'

it('names the proxies without their passwords', async () => {
  const found = async (env: Record<string, string>): Promise<string[]> =>
    told(await findingsOf(checkProxies, '/s', { env }))
  expect(await found({})).toEqual(['ok The environment names no proxy.'])
  expect(await found({ HTTPS_PROXY: 'http://me:secret@proxy.lan:3128', NO_PROXY: '.lan' })).toEqual([
    'ok https requests go through the proxy proxy.lan:3128 (HTTPS_PROXY), except for .lan.',
  ])
  expect(await found({ http_proxy: 'gopher://me:secret@proxy' })).toEqual([
    'problem The variable HTTP_PROXY is not the URL of a proxy.',
  ])
})
