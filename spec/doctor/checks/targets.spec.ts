import { expect, it } from 'vitest'
import { checkTargets, parseTarget } from '../../../doctor/checks/targets.js'
import { startRegistry } from '../../../lib/testing/index.js'
import { findingsOf, told } from '../../support/examination.js'

it.each([
  ['docker.io', 'registry docker.io'],
  ['localhost:5000', 'registry localhost:5000'],
  ['127.0.0.1:5000', 'registry 127.0.0.1:5000'],
  ['[::1]:5000', 'registry [::1]:5000'],
  ['registry.lan', 'registry registry.lan'],
  ['alpine', 'docker.io/library/alpine latest'],
  ['alpine:3', 'docker.io/library/alpine 3'],
  ['quay.io/team/app:1', 'quay.io/team/app 1'],
])('%s is %s', (text, expected) => {
  const target = parseTarget(text)
  expect(
    target.kind === 'registry'
      ? `registry ${target.registry}`
      : `${target.registry}/${target.repository} ${target.tagOrDigest}`,
  ).toBe(expected)
})

it('compares the clock, and says why a registry cannot be used', async () => {
  const registry = await startRegistry()
  try {
    registry.hook(({ kind }) =>
      kind === 'ping'
        ? { status: 200, headers: { date: 'Tue, 15 Nov 1994 08:12:31 GMT' }, body: Buffer.from('{}') }
        : undefined,
    )
    const findings = await findingsOf(checkTargets, '/s', { targets: [registry.host] })
    expect(findings.find(({ check }) => check === 'clock')).toMatchObject({ state: 'problem' })
    expect(told(await findingsOf(checkTargets, '/s', { targets: [`${registry.host}/no/such:1`] }))).toEqual([
      expect.stringMatching(/^problem .*has no /),
    ])
  } finally {
    await registry.close()
  }
})
