import { expect, it } from 'vitest'
import { hostFindings } from '../../../doctor/checks/hosts.js'
import { WindlassError } from '../../../lib/errors.js'
import type { HostConfiguration } from '../../../lib/registry/hosts/registry-hosts.js'
import { told } from '../../support/examination.js'

const found = async (hosts: Partial<HostConfiguration>): Promise<string[]> =>
  told(
    await hostFindings(
      { registry: 'quay.io' },
      { hostsOf: async () => ({ mirrors: [] }), tlsOf: async () => undefined, ...hosts },
      undefined,
    ),
  )

it('names mirrors, files and certificates', async () => {
  expect(await found({})).toEqual([])
  expect(
    await found({
      hostsOf: async () => ({
        mirrors: [{ host: 'mirror.lan:5000', repository: 'team/app' }],
        configuredBy: '/etc/registries.conf',
        blockedBy: '/etc/blocked.conf',
      }),
      tlsOf: async () => ({ skipVerify: true, ca: 'PEM' }),
    }),
  ).toEqual([
    'problem The file "/etc/blocked.conf" forbids images of quay.io.',
    'ok quay.io has mirrors: mirror.lan:5000, by "/etc/registries.conf".',
    'note The certificate of quay.io is not verified, as configured.',
    'ok quay.io has certificates of its own.',
  ])
  const broken = async (): Promise<never> => {
    throw new WindlassError('USAGE', 'The file /etc/registries.conf is not TOML')
  }
  expect(await found({ hostsOf: broken })).toEqual(['problem The file /etc/registries.conf is not TOML.'])
})
