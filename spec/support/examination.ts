/** Runs one check of `windlass doctor`. */
import type { Check, Examination } from '../../doctor/examination.js'
import type { Finding } from '../../doctor/finding.js'
import { Registries } from '../../lib/registry/index.js'

/** The findings of `check` in a store at `store`. No request is sent unless `parts` names targets. */
export async function findingsOf(
  check: Check,
  store: string,
  parts: Partial<Examination> = {},
): Promise<readonly Finding[]> {
  const registries = new Registries()
  try {
    return await check({ store, env: { PATH: process.env['PATH'] }, registries, targets: [], ...parts })
  } finally {
    await registries.close()
  }
}

/** `state message` of each finding. */
export const told = (findings: readonly Finding[]): string[] =>
  findings.map(({ state, message }) => `${state} ${message}`)
