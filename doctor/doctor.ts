/** Runs the checks of `windlass doctor`. */
import { checkCredentials } from './checks/credentials.js'
import { checkDecoders } from './checks/decoders.js'
import { checkIdMaps } from './checks/id-maps.js'
import { checkLocks } from './checks/locks.js'
import { checkNode } from './checks/node.js'
import { checkOverlay } from './checks/overlay.js'
import { checkProxies } from './checks/proxies.js'
import { checkSpace } from './checks/space.js'
import { checkTargets } from './checks/targets.js'
import { checkTrust } from './checks/trust.js'
import { checkUser } from './checks/user.js'
import { checkXattrs } from './checks/xattrs.js'
import type { Check, Examination } from './examination.js'
import { type Finding, findingsOf } from './finding.js'

/** The checks in the order of their findings, by their names. */
export const checks: Readonly<Record<string, Check>> = {
  node: checkNode,
  user: checkUser,
  'id-maps': checkIdMaps,
  overlay: checkOverlay,
  xattrs: checkXattrs,
  space: checkSpace,
  locks: checkLocks,
  decoders: checkDecoders,
  proxies: checkProxies,
  trust: checkTrust,
  credentials: checkCredentials,
  targets: checkTargets,
}

/**
 * Yields the findings of all checks. A check that fails unexpectedly is a finding of its own.
 * @throws the reason of the signal of `examination` when it aborts
 */
export async function* examine(examination: Examination): AsyncIterable<Finding> {
  for (const [name, check] of Object.entries(checks)) {
    examination.signal?.throwIfAborted()
    let findings: readonly Finding[]
    try {
      findings = await check(examination)
    } catch (error) {
      examination.signal?.throwIfAborted()
      const reason = error instanceof Error ? error.message : String(error)
      findings = [findingsOf(name)('note', `This could not be checked: ${reason}`)]
    }
    yield* findings
  }
}
