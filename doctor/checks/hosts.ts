/** Reports the mirrors and certificates that the user configured for a registry. */
import { asWindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'
import type { HostConfiguration } from '../../lib/registry/hosts/registry-hosts.js'
import { type Finding, findingsOf } from '../finding.js'

const finding = findingsOf('hosts')

/** Returns the findings about the hosts of a repository, or of any repository of a registry. */
export async function hostFindings(
  { registry, repository = 'windlass/doctor' }: { readonly registry: string; readonly repository?: string },
  hosts: HostConfiguration,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const warnings: string[] = []
  const request = {
    onWarning: (_code: string, message: string): void => void warnings.push(message),
    ...(signal && { signal }),
  }
  try {
    const { mirrors, blockedBy, configuredBy } = await hosts.hostsOf({ registry, repository }, request)
    const tls = await hosts.tlsOf(registry, request)
    const by = configuredBy === undefined ? '' : `, by ${quoted(configuredBy)}`
    return [
      ...(blockedBy === undefined
        ? []
        : [
            finding(
              'problem',
              `The file ${quoted(blockedBy)} forbids images of ${registry}.`,
              'Remove “blocked” there if that is not intended.',
            ),
          ]),
      ...(mirrors.length === 0
        ? []
        : [finding('ok', `${registry} has mirrors: ${mirrors.map(({ host }) => host).join(', ')}${by}.`)]),
      ...(tls?.skipVerify
        ? [
            finding(
              'note',
              `The certificate of ${registry} is not verified, as configured.`,
              'Name its authority instead, if it has one.',
            ),
          ]
        : []),
      ...(tls?.ca === undefined ? [] : [finding('ok', `${registry} has certificates of its own.`)]),
      ...warnings.map((message) => finding('note', message)),
    ]
  } catch (error) {
    signal?.throwIfAborted()
    const { message, hint } = asWindlassError(error)
    return [finding('problem', `${message}.`, hint)]
  }
}
