import { expect, it } from 'vitest'
import { isWebPage, webPageError } from '../../../../lib/registry/http/web-page.js'

it.each([
  ['<!DOCTYPE html><html><body>Log in</body></html>', true],
  ['\uFEFF\n  <html lang="en">', true],
  ['<head><title>x</title></head>', true],
  ['{"schemaVersion": 2}', false],
  ['<?xml version="1.0"?><Error/>', false],
  ['<htmlish>', false],
  ['', false],
])('recognizes a web page: %j, %s', (text, expected) => {
  expect(isWebPage(Buffer.from(text))).toBe(expected)
})

it('names the host that sent a web page, and suggests a captive portal', () => {
  const attempt = {
    purpose: 'list the tags of "team/app"',
    url: new URL('http://portal.lan/login?session=1'),
  }
  expect(webPageError(attempt, 'REGISTRY_RESPONSE')).toMatchObject({
    code: 'REGISTRY_RESPONSE',
    message: 'Failed to list the tags of "team/app" from portal.lan: it answered with a web page',
    hint: 'Is portal.lan a registry? If this network has a login page (a captive portal), log in with a browser.',
    subject: { host: 'portal.lan' },
  })
})
